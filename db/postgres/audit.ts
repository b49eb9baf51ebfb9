import { isNotNull, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { jobAttempts, jobs, ledgerEntries } from './schema.ts';

export { ledgerBalances } from './ledger.ts';

/** Keys of transfers whose rows are not two or do not add up to zero. Empty, or something is badly wrong. */
export async function unbalancedTransfers(db: Database): Promise<string[]> {
  const rows = await db
    .select({ key: ledgerEntries.transferKey })
    .from(ledgerEntries)
    .groupBy(ledgerEntries.transferKey, ledgerEntries.currency)
    .having(sql`sum(${ledgerEntries.amountBase}) <> 0 OR count(*) <> 2`);
  return rows.map((row) => row.key);
}

/** What the audit compares of each job with its escrow. */
export async function jobsToAudit(db: Database) {
  const { id, state, requesterAddress, amountBase, deadlineAt, endedAt } = jobs;
  return db.select({ id, state, requesterAddress, amountBase, deadlineAt, endedAt }).from(jobs);
}

/** Attempts that a node was given, as the platform has them. */
export async function assignedAttempts(db: Database) {
  const { jobId, attempt, nodeId, outcome } = jobAttempts;
  return db.select({ jobId, attempt, nodeId, outcome }).from(jobAttempts).where(isNotNull(jobAttempts.assignedAt));
}
