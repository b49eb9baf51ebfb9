import { fairTimeMs } from '#core/job/fair-time';
import { findAttempt } from '#db/postgres/attempts';
import { outageBetween } from '#db/postgres/beats';
import type { Database, JobAttemptRow, JobRow } from '#db/postgres/database';
import { requireJob } from '#db/postgres/jobs';

/** `nowMs` is the workflow's own time, which the deadline goes by. */
export async function judgeLateness(db: Database, { jobId, attempt, nowMs }: { jobId: string; attempt: number; nowMs: number }) {
  const [job, row] = await Promise.all([requireJob(db, jobId), findAttempt(db, { jobId, attempt })]);
  const outageMs = row?.assignedAt == null ? 0 : await outageBetween(db, row.assignedAt, job.deadlineAt);
  return fairOutcome(job, row, { now: new Date(nowMs), outageMs });
}

/**
 * Who is to blame where a result is late or missing. A node is slashed for a deadline only where it had the job for a
 * fair time and did not hand in a result; `outageMs`, for which the platform was down meanwhile, is no part of that.
 */
export function fairOutcome(
  job: Pick<JobRow, 'deadlineAt' | 'estimatedDurationMs'>,
  attempt: Pick<JobAttemptRow, 'assignedAt' | 'startedAt' | 'completedAt'> | null,
  { now, outageMs }: { now: Date; outageMs: number },
): 'timeout' | 'released' | 'delivered' {
  if (attempt === null || attempt.assignedAt === null) return 'released';
  if (attempt.completedAt !== null) return 'delivered';
  // Before the deadline it is silence that is judged, and that was counted while the platform was up.
  if (now < job.deadlineAt) return 'timeout';
  const hadMs = job.deadlineAt.getTime() - attempt.assignedAt.getTime() - outageMs;
  return hadMs < fairTimeMs(job.estimatedDurationMs) ? 'released' : 'timeout';
}
