import { and, asc, desc, eq, getTableColumns, lt, lte } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { CyxError } from '#core/errors/cyx-error';
import type { AttemptKey } from './attempts.ts';
import type { CheckpointRow, Database } from './database.ts';
import { jobAttempts, jobCheckpoints } from './schema.ts';

export type NewCheckpoint = Omit<CheckpointRow, 'at'>;

/**
 * Records a checkpoint, once. A node that crashed trains the same steps again, so the same state may come back under
 * another CID: the first one stays. Another state at the same step throws ALREADY_EXISTS.
 */
export async function recordCheckpoint(db: Database, checkpoint: NewCheckpoint): Promise<void> {
  const inserted = await db.insert(jobCheckpoints).values(checkpoint).onConflictDoNothing().returning({ step: jobCheckpoints.step });
  if (inserted.length > 0) return;
  const { jobId, attempt, step } = checkpoint;
  const [known] = await db.select().from(jobCheckpoints).where(and(at({ jobId, attempt }), eq(jobCheckpoints.step, step)));
  const isSame = known !== undefined && known.isLink === checkpoint.isLink && equal(known.stateHash, checkpoint.stateHash) && equal(known.chain, checkpoint.chain);
  if (!isSame) throw new CyxError('ALREADY_EXISTS', `Attempt ${attempt} of this job has another checkpoint at step ${step} already`);
}

/**
 * The furthest checkpoint that a job's attempts up to and with `attempt` left, of fewer than `beforeStep` steps where that
 * is given; null where there is none. Only of attempts with the instruction set of this attempt's: on another one, the next
 * segment would come out differently than for whoever verifies it.
 */
export async function latestCheckpoint(db: Database, { jobId, attempt }: AttemptKey, beforeStep?: number): Promise<CheckpointRow | null> {
  const own = alias(jobAttempts, 'own');
  const [row] = await db
    .select(getTableColumns(jobCheckpoints))
    .from(jobCheckpoints)
    .innerJoin(jobAttempts, and(eq(jobAttempts.jobId, jobCheckpoints.jobId), eq(jobAttempts.attempt, jobCheckpoints.attempt)))
    .innerJoin(own, and(eq(own.jobId, jobCheckpoints.jobId), eq(own.attempt, attempt), eq(own.instructionSet, jobAttempts.instructionSet)))
    .where(
      and(
        eq(jobCheckpoints.jobId, jobId),
        lte(jobCheckpoints.attempt, attempt),
        beforeStep === undefined ? undefined : lt(jobCheckpoints.step, beforeStep),
      ),
    )
    .orderBy(desc(jobCheckpoints.step), desc(jobCheckpoints.attempt))
    .limit(1);
  return row ?? null;
}

/** All checkpoints of a job, by step; those of the same step by attempt. */
export async function checkpointsOfJob(db: Database, jobId: string): Promise<CheckpointRow[]> {
  return db.select().from(jobCheckpoints).where(eq(jobCheckpoints.jobId, jobId)).orderBy(asc(jobCheckpoints.step), asc(jobCheckpoints.attempt));
}

function at({ jobId, attempt }: AttemptKey) {
  return and(eq(jobCheckpoints.jobId, jobId), eq(jobCheckpoints.attempt, attempt));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(Buffer.from(b));
}
