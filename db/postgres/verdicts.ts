import { and, asc, eq } from 'drizzle-orm';
import type { AttemptKey } from './attempts.ts';
import type { Database, VerdictRow } from './database.ts';
import { verdicts } from './schema.ts';

/** Keeps one verifier's opinion; the first under its number stays. */
export async function keepVerdict(db: Database, verdict: Omit<VerdictRow, 'at'>): Promise<void> {
  await db.insert(verdicts).values(verdict).onConflictDoNothing();
}

/** What verifiers found of an attempt, in the order in which they were asked. */
export async function verdictsOf(db: Database, { jobId, attempt }: AttemptKey): Promise<VerdictRow[]> {
  return db
    .select()
    .from(verdicts)
    .where(and(eq(verdicts.jobId, jobId), eq(verdicts.attempt, attempt)))
    .orderBy(asc(verdicts.opinion));
}

/** Of all attempts at a job, the first attempt first. */
export async function verdictsOfJob(db: Database, jobId: string): Promise<VerdictRow[]> {
  return db.select().from(verdicts).where(eq(verdicts.jobId, jobId)).orderBy(asc(verdicts.attempt), asc(verdicts.opinion));
}
