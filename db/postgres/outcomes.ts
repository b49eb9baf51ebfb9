import { and, eq, gte, inArray, isNull, sql } from 'drizzle-orm';
import type { AttemptKey, AttemptOutcome } from './attempts.ts';
import type { Database } from './database.ts';
import { jobAttempts, jobCheckpoints, nodes } from './schema.ts';

/**
 * Ends the lease and counts the outcome for the node, both in one statement and once: a paid job is one more in its
 * streak, a failure ends the streak, and a release changes nothing. The first outcome stays.
 */
export async function closeWithOutcome(db: Database, key: AttemptKey & { outcome: AttemptOutcome; reason?: string }): Promise<void> {
  const closing = db
    .update(jobAttempts)
    .set({ closedAt: sql`now()`, outcome: key.outcome, outcomeReason: key.reason ?? null })
    .where(and(eq(jobAttempts.jobId, key.jobId), eq(jobAttempts.attempt, key.attempt), isNull(jobAttempts.closedAt)))
    .returning({ nodeId: jobAttempts.nodeId });
  if (key.outcome === 'released') {
    await closing;
    return;
  }
  const streak = key.outcome === 'completed' ? sql`${nodes.goodStreak} + 1` : sql`0`;
  await db.execute(sql`
    WITH closed AS ${closing}
    UPDATE ${nodes} SET good_streak = ${streak} FROM closed WHERE ${nodes.id} = closed.node_id`);
}

/**
 * Removes what an attempt and those that went on from it left to go on from, and ends the streak of its node. Repeating it
 * changes nothing. Returns how many checkpoints were removed.
 */
export async function disownCheckpoints(db: Database, { jobId, attempt }: AttemptKey): Promise<number> {
  return db.transaction(async (tx) => {
    const makers = tx
      .select({ id: jobAttempts.nodeId })
      .from(jobAttempts)
      .where(and(eq(jobAttempts.jobId, jobId), eq(jobAttempts.attempt, attempt)));
    await tx.update(nodes).set({ goodStreak: 0 }).where(inArray(nodes.id, makers));
    const removed = await tx
      .delete(jobCheckpoints)
      .where(and(eq(jobCheckpoints.jobId, jobId), gte(jobCheckpoints.attempt, attempt)))
      .returning({ step: jobCheckpoints.step });
    return removed.length;
  });
}
