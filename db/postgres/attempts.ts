import { and, asc, eq, gte, isNull, notExists, or, sql } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import type { Database, JobAttemptRow } from './database.ts';
import { jobAttempts, jobCheckpoints, jobs, nodeOffers, nodes } from './schema.ts';

export interface AttemptKey {
  readonly jobId: string;
  readonly attempt: number;
}

/** Opens an attempt: it becomes the job's current one, so everything said under an older number is fenced off. */
export async function openAttempt(db: Database, key: AttemptKey): Promise<void> {
  const opening = db.insert(jobAttempts).values({ ...key }).onConflictDoNothing().returning({ jobId: jobAttempts.jobId });
  await db.execute(sql`
    WITH opened AS ${opening}
    UPDATE ${jobs} SET attempt = ${key.attempt}, node_id = NULL FROM opened WHERE ${jobs.id} = opened.job_id AND ${jobs.attempt} < ${key.attempt}`);
}

export async function findAttempt(db: Database, key: AttemptKey): Promise<JobAttemptRow | null> {
  const [row] = await db.select().from(jobAttempts).where(at(key));
  return row ?? null;
}

export async function attemptsOfJob(db: Database, jobId: string): Promise<JobAttemptRow[]> {
  return db.select().from(jobAttempts).where(eq(jobAttempts.jobId, jobId)).orderBy(asc(jobAttempts.attempt));
}

/** A claim that is not assigned within this time is free again: its node died, or never meant to work. */
export const CLAIM_LAPSES_AFTER_MS = 20_000;
const lapsed = sql`(${jobAttempts.assignedAt} IS NULL AND ${jobAttempts.claimedAt} < now() - make_interval(secs => ${CLAIM_LAPSES_AFTER_MS / 1000}))`;

/**
 * Gives an unclaimed, open attempt to a node. True for the node that has it, also when it asks again; false where
 * another node has it, or where it was closed or never opened.
 */
export async function recordClaim(db: Database, claim: AttemptKey & { nodeId: string }): Promise<boolean> {
  const rows = await db
    .update(jobAttempts)
    .set({
      nodeId: claim.nodeId,
      claimedAt: sql`CASE WHEN ${jobAttempts.nodeId} = ${claim.nodeId} THEN ${jobAttempts.claimedAt} ELSE now() END`,
      instructionSet: sql`CASE WHEN ${jobAttempts.nodeId} = ${claim.nodeId} THEN ${jobAttempts.instructionSet}
        ELSE coalesce((SELECT ${nodes.instructionSet} FROM ${nodes} WHERE ${nodes.id} = ${claim.nodeId}), '') END`,
    })
    .where(and(at(claim), isNull(jobAttempts.closedAt), or(isNull(jobAttempts.nodeId), eq(jobAttempts.nodeId, claim.nodeId), lapsed)))
    .returning({ nodeId: jobAttempts.nodeId });
  return rows.length > 0;
}

/** Gives a claim back before it was assigned, so that another node may take the same attempt. */
export async function releaseClaim(db: Database, claim: AttemptKey & { nodeId: string }): Promise<void> {
  await db
    .update(jobAttempts)
    .set({ nodeId: null, claimedAt: null })
    .where(and(at(claim), eq(jobAttempts.nodeId, claim.nodeId), isNull(jobAttempts.assignedAt), isNull(jobAttempts.closedAt)));
}

/** Keeps an offer and its answer: refusals show why a job waits. */
export async function recordOffer(
  db: Database,
  offer: AttemptKey & { nodeId: string; accepted: boolean; reason: string },
): Promise<void> {
  await db.insert(nodeOffers).values({ ...offer, reason: offer.reason.slice(0, 500) });
}

/** What nodes said to an attempt when they did not take it, each reason of a node once. */
export async function refusalsOf(db: Database, key: AttemptKey): Promise<{ nodeId: string; reason: string }[]> {
  return db
    .select({ nodeId: nodeOffers.nodeId, reason: nodeOffers.reason })
    .from(nodeOffers)
    .where(and(eq(nodeOffers.jobId, key.jobId), eq(nodeOffers.attempt, key.attempt), eq(nodeOffers.accepted, false)))
    .orderBy(asc(nodeOffers.id))
    .limit(2_000);
}

/** Starts the lease: from now until the attempt closes, the claiming node may have the keys. */
export async function markAssigned(db: Database, key: AttemptKey & { nodeId: string }): Promise<void> {
  const rows = await db
    .update(jobAttempts)
    .set({ assignedAt: sql`coalesce(${jobAttempts.assignedAt}, now())` })
    .where(and(at(key), eq(jobAttempts.nodeId, key.nodeId), isNull(jobAttempts.closedAt)))
    .returning({ attempt: jobAttempts.attempt });
  if (rows.length === 0) throw new CyxError('FENCED', `Attempt ${key.attempt} of job ${key.jobId} is not open for node ${key.nodeId}`);
}

/**
 * Notes where an attempt goes on from, with its first lease. It stays, whatever later leases say, unless the node
 * `replaces` it because it could not use that checkpoint, which it can only find before it has put in one itself.
 */
export async function markResumed(db: Database, key: AttemptKey & { step: number; replaces: boolean }): Promise<void> {
  const own = db.select({ step: jobCheckpoints.step }).from(jobCheckpoints).where(and(eq(jobCheckpoints.jobId, key.jobId), eq(jobCheckpoints.attempt, key.attempt)));
  await db
    .update(jobAttempts)
    .set({ resumedFromStep: key.step })
    .where(and(at(key), isNull(jobAttempts.closedAt), key.replaces ? notExists(own) : isNull(jobAttempts.resumedFromStep)));
}

/**
 * The attempt's row, locked until the transaction ends, so that it is not closed meanwhile: what is written beside it
 * was written by an attempt that was open.
 */
export async function lockAttempt(tx: Database, key: AttemptKey): Promise<JobAttemptRow | null> {
  const [row] = await tx.select().from(jobAttempts).where(at(key)).for('update');
  return row ?? null;
}

/** Returns true for the first call only. */
export async function markStarted(db: Database, key: AttemptKey): Promise<boolean> {
  const rows = await db
    .update(jobAttempts)
    .set({ startedAt: sql`now()` })
    .where(and(at(key), isNull(jobAttempts.startedAt), isNull(jobAttempts.closedAt)))
    .returning({ attempt: jobAttempts.attempt });
  return rows.length > 0;
}

export interface Completion {
  readonly modelCid: string;
  readonly modelSizeBytes: number;
  /** 32 bytes: root of the checkpoint chain. */
  readonly commitment: Uint8Array;
  readonly finalLoss: number;
  readonly finalAccuracy: number;
  readonly trainingMs: number;
}

/**
 * Stores an attempt's result, once. The same result again is fine; another one throws ALREADY_EXISTS, and one for a
 * closed attempt or from another node throws FENCED.
 */
export async function recordCompletion(db: Database, key: AttemptKey & { nodeId: string }, completion: Completion): Promise<void> {
  await db.transaction(async (tx) => {
    const row = await lockAttempt(tx, key);
    const isHolder = row !== null && row.nodeId === key.nodeId && row.assignedAt !== null;
    if (isHolder && row.completedAt !== null) {
      if (sameCompletion(row, completion)) return;
      throw new CyxError('ALREADY_EXISTS', `Attempt ${key.attempt} of this job has another result already`);
    }
    const [job] = await tx.select({ attempt: jobs.attempt }).from(jobs).where(eq(jobs.id, key.jobId));
    if (!isHolder || row.closedAt !== null || job?.attempt !== key.attempt) {
      throw new CyxError('FENCED', `Attempt ${key.attempt} of job ${key.jobId} is not open for this node: stop working on it`);
    }
    await tx
      .update(jobAttempts)
      .set({ ...completion, completedAt: sql`now()` })
      .where(at(key));
  });
}

export type AttemptOutcome = 'completed' | 'timeout' | 'invalid' | 'released';

/** An attempt that has no outcome yet, and the escrow that is at risk for it. */
export interface OpenAttempt extends JobAttemptRow {
  readonly amountBase: bigint;
}

/** Attempts that a node holds now: claimed, not closed, of a job that has not ended. Those it has delivered wait for their verdict. */
export async function openAttemptsOfNode(db: Database, nodeId: string): Promise<OpenAttempt[]> {
  const rows = await db
    .select({ attempt: jobAttempts, amountBase: jobs.amountBase })
    .from(jobAttempts)
    .innerJoin(jobs, eq(jobs.id, jobAttempts.jobId))
    .where(and(eq(jobAttempts.nodeId, nodeId), isNull(jobAttempts.closedAt), isNull(jobs.endedAt), gte(jobAttempts.attempt, jobs.attempt)));
  return rows.map(({ attempt, amountBase }) => ({ ...attempt, amountBase }));
}

function at(key: AttemptKey) {
  return and(eq(jobAttempts.jobId, key.jobId), eq(jobAttempts.attempt, key.attempt));
}

function sameCompletion(row: JobAttemptRow, completion: Completion): boolean {
  return (
    row.modelCid === completion.modelCid &&
    row.modelSizeBytes === completion.modelSizeBytes &&
    row.commitment !== null &&
    Buffer.from(row.commitment).equals(completion.commitment) &&
    row.finalLoss === completion.finalLoss &&
    row.finalAccuracy === completion.finalAccuracy &&
    row.trainingMs === completion.trainingMs
  );
}
