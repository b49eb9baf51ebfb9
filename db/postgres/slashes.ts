import { and, desc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import type { Database, NodeRow } from './database.ts';
import { jobAttempts, jobEvents, ledgerEntries } from './schema.ts';

/** An attempt for which a node's stake was slashed, with what is on record about it. */
export interface SlashRecord {
  readonly jobId: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly reason: string;
  readonly amountBase: bigint;
  /** What the stake was before, by the books. */
  readonly stakeBeforeBase: bigint;
  readonly signature: string;
  readonly at: Date;
  /** Line of the job's log that tells the evidence; null where there is none. */
  readonly evidenceLine: string | null;
}

/** Every slash of a node that is in the books, the latest first. */
export async function slashesOfNode(db: Database, { id, account }: Pick<NodeRow, 'id' | 'account'>): Promise<SlashRecord[]> {
  if (account === null) return [];
  // Sums over all that ever moved the stake, so the few rows of one node are read before the slashes are picked.
  const stakes = db
    .select({
      id: ledgerEntries.id,
      jobId: ledgerEntries.jobId,
      attempt: ledgerEntries.attempt,
      purpose: ledgerEntries.purpose,
      amountBase: ledgerEntries.amountBase,
      signature: ledgerEntries.signature,
      at: ledgerEntries.at,
      afterBase: sql<string>`sum(${ledgerEntries.amountBase}) OVER (ORDER BY ${ledgerEntries.id})`.as('after_base'),
    })
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.account, `stake:${account}`), eq(ledgerEntries.currency, 'CYXWIZ')))
    .as('stakes');
  const evidence = and(eq(jobEvents.jobId, stakes.jobId), eq(jobEvents.dedupeKey, sql`'evidence:' || ${stakes.attempt}`));
  const rows = await db
    .select({
      jobId: jobAttempts.jobId,
      attempt: jobAttempts.attempt,
      outcome: jobAttempts.outcome,
      reason: jobAttempts.outcomeReason,
      amountBase: stakes.amountBase,
      afterBase: stakes.afterBase,
      signature: stakes.signature,
      at: stakes.at,
      evidenceLine: sql<string | null>`${jobEvents.payload} ->> 'line'`,
    })
    .from(stakes)
    .innerJoin(jobAttempts, and(eq(jobAttempts.jobId, stakes.jobId), eq(jobAttempts.attempt, stakes.attempt)))
    .leftJoin(jobEvents, evidence)
    .where(and(eq(stakes.purpose, 'slash'), eq(jobAttempts.nodeId, id), isNotNull(jobAttempts.outcome), inArray(jobAttempts.outcome, ['timeout', 'invalid'])))
    .orderBy(desc(stakes.id));
  return rows.map(({ amountBase, afterBase, outcome, reason, ...row }) => ({
    ...row,
    outcome: outcome!,
    reason: reason ?? '',
    amountBase: -amountBase,
    stakeBeforeBase: BigInt(afterBase) - amountBase,
  }));
}
