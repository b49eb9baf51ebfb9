import { isNotNull, sql } from 'drizzle-orm';
import type { Database, JobRow } from './database.ts';
import { jobs, ledgerEntries } from './schema.ts';

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

export async function escrowedJobs(db: Database): Promise<Pick<JobRow, 'id' | 'state' | 'escrowAddress'>[]> {
  return db
    .select({ id: jobs.id, state: jobs.state, escrowAddress: jobs.escrowAddress })
    .from(jobs)
    .where(isNotNull(jobs.escrowAddress));
}
