import type { JobEndReason } from './end-reason.ts';
import type { JobEvent } from './machine.ts';

/** How a job ends: the event that takes it to its last state, and why. */
export interface JobEnding {
  readonly event: Extract<JobEvent, 'complete' | 'fail' | 'cancel'>;
  readonly endReason: JobEndReason;
}

/** Why a running job was told to stop. */
export type StopReason = 'CANCELLED_BY_USER' | 'CANCELLED_BY_OPERATOR' | 'DEADLINE_PASSED';

export function endingOfStop(reason: StopReason, everAssigned: boolean): JobEnding {
  if (reason !== 'DEADLINE_PASSED') return { event: 'cancel', endReason: reason };
  return { event: 'fail', endReason: everAssigned ? 'DEADLINE_PASSED' : 'NO_NODE_IN_TIME' };
}
