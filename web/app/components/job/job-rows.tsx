import { Link } from '@remix-run/react';
import { ChevronRight } from 'lucide-react';
import type { JobSummary } from '#api/services/types';
import { percentText } from '../../lib/format.ts';
import { modelName } from '../../lib/model-name.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Moment } from '../ui/moment.tsx';
import { StateBadge } from './state-badge.tsx';

/** Jobs as rows; each row is one link, so Tab goes from job to job. */
export function JobRows({ jobs }: { jobs: readonly Wire<JobSummary>[] }) {
  return (
    <ul className="divide-y">
      {jobs.map((job) => (
        <li key={job.jobId}>
          <Link
            to={`/jobs/${job.jobId}`}
            prefetch="intent"
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 px-4 py-3 -outline-offset-2 hover:bg-sunken/60 sm:px-5 md:grid-cols-[minmax(0,1fr)_9.5rem_9rem_6.5rem_1rem]"
          >
            <span className="min-w-0">
              <span className="block truncate font-medium">{modelName(job.specification.graphJson)}</span>
              <span className="block truncate text-xs text-muted">{subtitle(job)}</span>
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
            <ChevronRight className="hidden size-4 text-faint md:block" aria-hidden="true" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function subtitle(job: Wire<JobSummary>): string {
  if (job.waitingFor !== '' && job.endedAt === null) return job.waitingFor;
  const { epochs } = job.specification.hyperParameters;
  const accuracy = job.testAccuracy === null ? '' : ` · ${percentText(job.testAccuracy)} on held-out data`;
  return `${job.jobId.slice(0, 8)} · ${epochs} epochs · ${job.specification.deviceClass}${accuracy}`;
}
