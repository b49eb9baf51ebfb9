import { and, eq, isNull } from 'drizzle-orm';
import type { AttemptKey } from './attempts.ts';
import type { Database, DrawRow } from './database.ts';
import { jobAttempts, verificationDraws } from './schema.ts';

/** Keeps the secret of an attempt's draw, once: the one that was kept first is returned, whoever asks. Null: no such attempt. */
export async function keepDrawSecret(db: Database, { jobId, attempt }: AttemptKey, secretWrapped: string): Promise<string | null> {
  const isAttempt = and(eq(jobAttempts.jobId, jobId), eq(jobAttempts.attempt, attempt));
  await db.update(jobAttempts).set({ drawSecretWrapped: secretWrapped }).where(and(isAttempt, isNull(jobAttempts.drawSecretWrapped)));
  const [row] = await db.select({ secretWrapped: jobAttempts.drawSecretWrapped }).from(jobAttempts).where(isAttempt);
  return row?.secretWrapped ?? null;
}

/** Keeps a draw, once: the first stays. */
export async function keepDraw(db: Database, draw: Omit<DrawRow, 'at'>): Promise<DrawRow> {
  await db.insert(verificationDraws).values(draw).onConflictDoNothing();
  return (await findDraw(db, draw))!;
}

export async function findDraw(db: Database, { jobId, attempt }: AttemptKey): Promise<DrawRow | null> {
  const [row] = await db.select().from(verificationDraws).where(and(eq(verificationDraws.jobId, jobId), eq(verificationDraws.attempt, attempt)));
  return row ?? null;
}

/** Of all attempts at a job that delivered a result. */
export async function drawsOfJob(db: Database, jobId: string): Promise<DrawRow[]> {
  return db.select().from(verificationDraws).where(eq(verificationDraws.jobId, jobId));
}
