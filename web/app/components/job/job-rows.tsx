import { Link } from '@remix-run/react';
import clsx from 'clsx';
import { ChevronRight, RotateCw } from 'lucide-react';
import type { JobSummary } from '#api/services/types';
import { isTerminal } from '#core/job/machine';
import { percentText } from '../../lib/format.ts';
import { modelName } from '../../lib/model-name.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Moment } from '../ui/moment.tsx';
import { StateBadge } from './state-badge.tsx';

type Job = Wire<JobSummary>;

interface JobRowsProps {
  readonly jobs: readonly Job[];
  /** With a box to choose each job that can be cancelled, and a way to run each again: then they stand in a form. */
  readonly manage?: boolean;
  /** Names of the datasets, by CID. */
  readonly datasets?: Readonly<Record<string, string>>;
}

/** Jobs as rows; each row is one link, so Tab goes from job to job. */
export function JobRows({ jobs, manage = false, datasets = {} }: JobRowsProps) {
  const canChoose = manage && jobs.some((job) => !isTerminal(job.state));
  return (
    <ul className="divide-y">
      {jobs.map((job) => (
        <li key={job.jobId} className="flex items-stretch">
          {canChoose && <Choice job={job} />}
          <Link
            to={`/jobs/${job.jobId}`}
            prefetch="intent"
            className={clsx(
              'grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 py-3 -outline-offset-2 hover:bg-sunken/60',
              canChoose ? 'pl-1' : 'pl-4 sm:pl-5',
              manage ? 'pr-1 md:grid-cols-[minmax(0,1fr)_9.5rem_9rem_6.5rem]' : 'pr-4 sm:pr-5 md:grid-cols-[minmax(0,1fr)_9.5rem_9rem_6.5rem_1rem]',
            )}
          >
            <span className="min-w-0">
              <span className="block truncate font-medium">{modelName(job.specification.graphJson)}</span>
              <span className="block truncate text-xs text-muted">{subtitle(job, datasets[job.specification.datasetCid])}</span>
            </span>
            <span className="justify-self-end md:justify-self-start">
              <StateBadge state={job.state} />
            </span>
            <span className="text-xs md:text-right md:text-sm">
              <Amount base={job.amountBase} />
            </span>
            <span className="justify-self-end text-xs text-muted">
              <Moment at={job.createdAt} />
            </span>
            {!manage && <ChevronRight className="hidden size-4 text-faint md:block" aria-hidden="true" />}
          </Link>
          {manage && <RunAgain job={job} />}
        </li>
      ))}
    </ul>
  );
}

/** Only what has not ended can be chosen; the others keep their place in the column. */
function Choice({ job }: { job: Job }) {
  if (isTerminal(job.state)) return <span className="w-10 shrink-0 sm:w-12" aria-hidden="true" />;
  return (
    <label className="grid w-10 shrink-0 cursor-pointer place-items-center sm:w-12">
      <input type="checkbox" name="job" value={job.jobId} aria-label={`Choose ${nameOf(job)}`} className="size-4 accent-accent" />
    </label>
  );
}

function RunAgain({ job }: { job: Job }) {
  return (
    <Link
      to={`/jobs/new?from=${job.jobId}`}
      aria-label={`Run ${nameOf(job)} again`}
      title="Run it again"
      className="grid w-11 shrink-0 place-items-center text-faint -outline-offset-2 hover:bg-sunken/60 hover:text-ink sm:w-12"
    >
      <RotateCw className="size-4" aria-hidden="true" />
    </Link>
  );
}

/** Jobs may have the same model, so that their ids tell them apart. */
function nameOf(job: Job): string {
  return `${modelName(job.specification.graphJson)}, job ${job.jobId.slice(0, 8)}`;
}

function subtitle(job: Job, dataset: string | undefined): string {
  const id = job.jobId.slice(0, 8);
  if (job.waitingFor !== '' && job.endedAt === null) return `${id} · ${job.waitingFor}`;
  const { epochs } = job.specification.hyperParameters;
  const accuracy = job.testAccuracy === null ? '' : `${percentText(job.testAccuracy)} on held-out data`;
  return [id, dataset ?? '', `${epochs} epochs`, job.specification.deviceClass, accuracy].filter((part) => part !== '').join(' · ');
}
