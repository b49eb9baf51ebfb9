import { and, desc, eq, inArray, isNotNull, isNull, notInArray } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import type { JobState } from '#core/job/machine';
import type { Database, DrawRow, ReceiptRow, VerdictRow } from './database.ts';
import { jobs, receipts, verdicts, verificationDraws } from './schema.ts';

export async function findReceipt(db: Database, jobId: string): Promise<ReceiptRow | null> {
  const [row] = await db.select().from(receipts).where(eq(receipts.jobId, jobId));
  return row ?? null;
}

/** Stores a job's receipt. The first one stays, byte for byte, and is returned. */
export async function putReceipt(db: Database, receipt: Pick<ReceiptRow, 'jobId' | 'userId' | 'body'>): Promise<ReceiptRow> {
  await db.insert(receipts).values(receipt).onConflictDoNothing();
  const stored = await findReceipt(db, receipt.jobId);
  if (stored === null) throw new CyxError('CONFLICT', `The receipt of job ${receipt.jobId} was removed at the same moment`);
  return stored;
}

const ENDED: readonly JobState[] = ['COMPLETED', 'FAILED', 'CANCELLED'];

/** Ended jobs that have no receipt yet, the newest first. @param except not these */
export async function jobsWithoutReceipt(db: Database, { except, limit }: { except: readonly string[]; limit: number }): Promise<string[]> {
  const rows = await db
    .select({ id: jobs.id })
    .from(jobs)
    .leftJoin(receipts, eq(receipts.jobId, jobs.id))
    .where(and(inArray(jobs.state, [...ENDED]), isNotNull(jobs.endedAt), isNull(receipts.jobId), except.length === 0 ? undefined : notInArray(jobs.id, [...except])))
    .orderBy(desc(jobs.endedAt))
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** What is on record about the verification of a job: the draws by attempt, the verdicts by attempt and opinion. */
export async function verificationOfJob(db: Database, jobId: string): Promise<{ draws: DrawRow[]; verdicts: VerdictRow[] }> {
  const [draws, opinions] = await Promise.all([
    db.select().from(verificationDraws).where(eq(verificationDraws.jobId, jobId)).orderBy(verificationDraws.attempt),
    db.select().from(verdicts).where(eq(verdicts.jobId, jobId)).orderBy(verdicts.attempt, verdicts.opinion),
  ]);
  return { draws, verdicts: opinions };
}
