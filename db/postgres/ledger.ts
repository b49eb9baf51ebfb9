import { and, asc, desc, eq, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import type { Database, LedgerRow } from './database.ts';
import { appendJobEvents, type NewJobEvent } from './events.ts';
import { jobs, ledgerEntries } from './schema.ts';

export interface NewTransfer {
  /** `<subject id>/<purpose>/<attempt>`: one key is one transfer for ever. */
  readonly transferKey: string;
  /** Ledger accounts: `wallet:<address>`, `escrow:<address>`, `stake:<node account>`, `platform`, `insurance`, `mint`, `rent`, `network`. */
  readonly from: string;
  readonly to: string;
  readonly currency: 'CYXWIZ' | 'SOL';
  /** Base units (lamports for SOL). Zero writes nothing. */
  readonly amountBase: bigint;
  readonly purpose: string;
  /** The chain's signature of the transaction that moved it. */
  readonly signature: string;
  readonly jobId?: string | null;
  readonly attempt?: number;
  readonly userId?: string | null;
}

/**
 * Books transfers, each as two rows that add up to zero, and tells the jobs' followers (CYXWIZ only): all of them or none. What is booked already stays as it is; the same key with other facts throws CONFLICT, for then one of
 * the two is wrong. Returns how many were new.
 */
export async function recordTransfers(db: Database, transfers: readonly NewTransfer[]): Promise<number> {
  if (transfers.some(({ amountBase }) => amountBase < 0n)) throw new RangeError('amountBase must not be negative');
  const moved = transfers.filter(({ amountBase }) => amountBase > 0n);
  if (moved.length === 0) return 0;
  return db.transaction(async (tx) => {
    const inserted = await tx.insert(ledgerEntries).values(moved.flatMap(bothRows)).onConflictDoNothing().returning({ key: ledgerEntries.transferKey });
    if (inserted.length < 2 * moved.length) await requireBooked(tx, moved);
    const isNew = new Set(inserted.map(({ key }) => key));
    const fresh = moved.filter(({ transferKey }) => isNew.has(transferKey));
    await appendJobEvents(tx, fresh.flatMap(storyOf));
    return fresh.length;
  });
}

/** Books one transfer; false where it was booked already. See `recordTransfers`. */
export async function recordTransfer(db: Database, transfer: NewTransfer): Promise<boolean> {
  return (await recordTransfers(db, [transfer])) > 0;
}

function bothRows(transfer: NewTransfer): (typeof ledgerEntries.$inferInsert)[] {
  const { transferKey, currency, purpose, signature, from, to, amountBase } = transfer;
  const common = { transferKey, currency, purpose, signature, jobId: transfer.jobId ?? null, attempt: transfer.attempt ?? 0, userId: transfer.userId ?? null };
  return [
    { ...common, account: from, counterAccount: to, amountBase: -amountBase },
    { ...common, account: to, counterAccount: from, amountBase },
  ];
}

function storyOf({ jobId, currency, purpose, from, to, amountBase, signature, transferKey }: NewTransfer): NewJobEvent[] {
  if (jobId == null || currency !== 'CYXWIZ') return [];
  const payload = { purpose, from, to, amountBase: amountBase.toString(), signature };
  return [{ jobId, kind: 'transfer', payload, dedupeKey: `transfer:${transferKey}` }];
}

/** Whether a transfer of this key is in the books. */
export async function isBooked(db: Database, transferKey: string): Promise<boolean> {
  const rows = await db.select({ id: ledgerEntries.id }).from(ledgerEntries).where(eq(ledgerEntries.transferKey, transferKey)).limit(1);
  return rows.length > 0;
}

/** Throws CONFLICT unless the books hold exactly these transfers under their keys. */
async function requireBooked(tx: Database, transfers: readonly NewTransfer[]): Promise<void> {
  const keys = transfers.map(({ transferKey }) => transferKey);
  const rows = await tx.select().from(ledgerEntries).where(inArray(ledgerEntries.transferKey, keys));
  for (const { transferKey, currency, from, to, amountBase } of transfers) {
    const booked = rows.filter((row) => row.transferKey === transferKey && row.currency === currency);
    const credit = booked.find((row) => row.account === to);
    const isSame = booked.length === 2 && credit?.amountBase === amountBase && credit.counterAccount === from;
    if (!isSame) throw new CyxError('CONFLICT', `The ledger has another transfer under the key ${transferKey}`);
  }
}

/** Credit rows (one for each transfer) of a job, oldest first, CYXWIZ only. */
export async function transfersOfJob(db: Database, jobId: string): Promise<LedgerRow[]> {
  return db
    .select()
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.jobId, jobId), eq(ledgerEntries.currency, 'CYXWIZ'), sql`${ledgerEntries.amountBase} > 0`))
    .orderBy(asc(ledgerEntries.id));
}

/**
 * Credit rows (one for each transfer) of one transaction, CYXWIZ only: those that went from or to an account of this user's,
 * and those of jobs of theirs. `userId` null: all of them.
 */
export async function transfersOfSignature(db: Database, { signature, userId }: { signature: string; userId: string | null }): Promise<LedgerRow[]> {
  const { account, counterAccount, jobId, amountBase, currency } = ledgerEntries;
  return db
    .select()
    .from(ledgerEntries)
    .where(
      and(
        eq(ledgerEntries.signature, signature),
        eq(currency, 'CYXWIZ'),
        sql`${amountBase} > 0`,
        userId === null ? undefined : or(inArray(account, accountsOfUser(userId)), inArray(counterAccount, accountsOfUser(userId)), inArray(jobId, jobIdsOf(db, userId))),
      ),
    )
    .orderBy(asc(ledgerEntries.id));
}

function jobIdsOf(db: Database, userId: string) {
  return db.select({ id: jobs.id }).from(jobs).where(eq(jobs.userId, userId));
}

/** The ledger's accounts of a user: their wallet, and for each node of theirs its stake and the wallet that it pays into. */
export function accountsOfUser(userId: string): SQL {
  return sql`(SELECT 'wallet:' || address FROM wallets WHERE user_id = ${userId}
    UNION SELECT 'wallet:' || owner_address FROM nodes WHERE owner_id = ${userId}
    UNION SELECT 'stake:' || account FROM nodes WHERE owner_id = ${userId} AND account IS NOT NULL)`;
}

/** Rows of some accounts, newest first, before a row id. */
export async function entriesOfAccounts(
  db: Database,
  query: { accounts: readonly string[]; currency: 'CYXWIZ' | 'SOL'; beforeId?: bigint | undefined; limit: number },
): Promise<LedgerRow[]> {
  return db
    .select()
    .from(ledgerEntries)
    .where(
      and(
        inArray(ledgerEntries.account, [...query.accounts]),
        eq(ledgerEntries.currency, query.currency),
        query.beforeId === undefined ? undefined : lt(ledgerEntries.id, query.beforeId),
      ),
    )
    .orderBy(desc(ledgerEntries.id))
    .limit(query.limit);
}

/** What one account holds by the ledger, CYXWIZ. */
export async function ledgerBalance(db: Database, account: string): Promise<bigint> {
  const total = sql<string>`coalesce(sum(${ledgerEntries.amountBase}), 0)`;
  const [row] = await db
    .select({ total })
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.account, account), eq(ledgerEntries.currency, 'CYXWIZ')));
  return BigInt(row!.total);
}

/** What each account holds by the ledger; `currency` CYXWIZ unless told. For the audit. */
export async function ledgerBalances(db: Database, currency: 'CYXWIZ' | 'SOL' = 'CYXWIZ'): Promise<Map<string, bigint>> {
  const rows = await db
    .select({ account: ledgerEntries.account, total: sql<string>`sum(${ledgerEntries.amountBase})` })
    .from(ledgerEntries)
    .where(eq(ledgerEntries.currency, currency))
    .groupBy(ledgerEntries.account);
  return new Map(rows.map((row) => [row.account, BigInt(row.total)]));
}
