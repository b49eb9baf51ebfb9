import { and, desc, eq, notInArray, sql } from 'drizzle-orm';
import type { AccountTies } from '#core/identity/deletion';
import { isTerminal, JOB_STATES } from '#core/job/machine';
import type { Database, JobRow } from './database.ts';
import { jobs, ledgerEntries, nodes, wallets } from './schema.ts';

/** A job whose escrow holds tokens by the ledger, whatever the job's state: a retry in QUEUED has its escrow locked, too. */
export interface OpenEscrow {
  readonly job: JobRow;
  readonly lockedBase: bigint;
  readonly lockedAt: Date;
}

/** A user's escrows that are locked now, the newest first. */
export async function openEscrows(db: Database, userId: string): Promise<OpenEscrow[]> {
  const open = lockedByJob(db, userId);
  const rows = await db
    .select({ job: jobs, lockedBase: open.lockedBase, lockedAt: open.lockedAt })
    .from(open)
    .innerJoin(jobs, eq(jobs.id, open.jobId))
    .orderBy(desc(open.lockedAt), desc(jobs.id));
  return rows.map(({ job, lockedBase, lockedAt }) => ({ job, lockedBase: BigInt(lockedBase), lockedAt: new Date(lockedAt) }));
}

/** What a user has bound in the whole account. */
export async function accountTies(db: Database, userId: string): Promise<AccountTies> {
  const open = lockedByJob(db, userId);
  const [openJobs, locked, staked, found] = await Promise.all([
    db.$count(jobs, and(eq(jobs.userId, userId), notInArray(jobs.state, JOB_STATES.filter(isTerminal)))),
    db.select({ base: sql<string>`coalesce(sum(${open.lockedBase}), 0)` }).from(open),
    db.select({ base: sql<string>`coalesce(sum(${nodes.stakeBase}), 0)` }).from(nodes).where(eq(nodes.ownerId, userId)),
    db.$count(wallets, eq(wallets.userId, userId)),
  ]);
  return { openJobs, lockedBase: BigInt(locked[0]!.base), stakeBase: BigInt(staked[0]!.base), hasWallet: found > 0 };
}

function lockedByJob(db: Database, userId: string) {
  const inEscrow = sql`sum(${ledgerEntries.amountBase})`;
  return db
    .select({
      jobId: jobs.id,
      lockedBase: sql<string>`${inEscrow}`.as('locked_base'),
      lockedAt: sql<string>`min(${ledgerEntries.at})`.as('locked_at'),
    })
    .from(jobs)
    .innerJoin(ledgerEntries, and(eq(ledgerEntries.account, sql`'escrow:' || ${jobs.escrowAddress}`), eq(ledgerEntries.currency, 'CYXWIZ')))
    .where(eq(jobs.userId, userId))
    .groupBy(jobs.id)
    .having(sql`${inEscrow} > 0`)
    .as('open_escrows');
}
