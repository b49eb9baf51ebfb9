import type { JobAttemptRow, JobRow } from '#db/postgres/database';

/**
 * Who is to blame where a result is late or missing. A node is slashed for a timeout only where it had the job for as
 * long as the quote expected it to take and did not hand in a result.
 */
export function fairOutcome(
  job: Pick<JobRow, 'deadlineAt' | 'estimatedDurationMs'>,
  attempt: Pick<JobAttemptRow, 'assignedAt' | 'startedAt' | 'completedAt'> | null,
  now: Date,
): 'timeout' | 'released' | 'delivered' {
  if (attempt === null || attempt.assignedAt === null) return 'released';
  if (attempt.completedAt !== null) return 'delivered';
  const deadlinePassed = now >= job.deadlineAt;
  const hadMs = job.deadlineAt.getTime() - attempt.assignedAt.getTime();
  return deadlinePassed && hadMs < job.estimatedDurationMs ? 'released' : 'timeout';
}
