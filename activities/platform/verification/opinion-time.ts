import type { JobAttemptRow } from '#db/postgres/database';

const AT_LEAST_MS = 15 * 60_000;
/** A verifier may be slower than the node was, and has its own set-up. */
const TRAINING_TIMES = 3;

/** How long one verifier may take: a new node's run is re-executed as a whole. */
export function opinionWithinMs({ assignedAt, completedAt }: Pick<JobAttemptRow, 'assignedAt' | 'completedAt'>): number {
  const trainedMs = assignedAt === null || completedAt === null ? 0 : completedAt.getTime() - assignedAt.getTime();
  return AT_LEAST_MS + TRAINING_TIMES * Math.max(0, trainedMs);
}
