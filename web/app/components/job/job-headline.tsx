import { CircleCheck } from 'lucide-react';
import type { WaitView } from '#api/services/job-wait';
import type { JobView } from '#api/services/types';
import { JOB_END_REASONS } from '#core/job/end-reason';
import { isTerminal, type JobState } from '#core/job/machine';
import { percentText } from '../../lib/format.ts';
import { STATE_LOOKS } from '../../lib/job-states.ts';
import type { Wire } from '../../lib/wire.ts';
import { DownloadModel } from '../model/download-model.tsx';
import { Moment } from '../ui/moment.tsx';
import { Notice } from '../ui/notice.tsx';
import { WaitReasons } from './wait-reasons.tsx';

/** The states in which a node is looked for. */
const WAITING: readonly JobState[] = ['QUEUED', 'ESCROWED'];

/** The one sentence that answers "and now?": the result, why it ended, or what it waits for and until when. */
export function JobHeadline({ job, state, wait, storageUrl }: { job: Wire<JobView>; state: JobState; wait: Wire<WaitView> | null; storageUrl: string }) {
  if (state === 'COMPLETED') return <Result job={job} storageUrl={storageUrl} />;
  if (isTerminal(state)) {
    const reason = job.endReason === null ? STATE_LOOKS[state].meaning : JOB_END_REASONS[job.endReason];
    return <Notice kind={state === 'FAILED' ? 'problem' : 'info'}>{reason}</Notice>;
  }
  return (
    <Notice kind="waiting">
      <p>
        <span className="font-medium">{job.waitingFor === '' ? STATE_LOOKS[state].meaning : sentence(job.waitingFor)}</span>{' '}
        <span className="text-muted">
          It ends <Moment at={job.deadlineAt} /> at the latest; what is not earned by then comes back to you.
        </span>
      </p>
      {wait !== null && WAITING.includes(state) && <WaitReasons wait={wait} />}
    </Notice>
  );
}

function Result({ job, storageUrl }: { job: Wire<JobView>; storageUrl: string }) {
  return (
    <div className="tint-verified flex flex-wrap items-center gap-x-8 gap-y-3 rounded-lg border border-tint bg-tint px-4 py-4 sm:px-5">
      {job.testAccuracy !== null && (
        <div>
          <p className="figure text-2xl font-medium">{percentText(job.testAccuracy, 2)}</p>
          <p className="text-xs text-muted">right on held-out data, recomputed by the platform</p>
        </div>
      )}
      <div className="flex min-w-0 items-start gap-2">
        <CircleCheck className="mt-0.5 size-4.5 shrink-0 text-tint" aria-hidden="true" />
        <p>
          {JOB_END_REASONS.COMPLETED}
          <span className="block text-muted">It is encrypted for you alone; this browser opens it for you.</span>
        </p>
      </div>
      <div className="sm:ml-auto">
        <DownloadModel jobId={job.jobId} storageUrl={storageUrl} />
      </div>
    </div>
  );
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}
