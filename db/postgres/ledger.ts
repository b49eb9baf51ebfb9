import { and, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import type { Database, LedgerRow } from './database.ts';
import { appendJobEvent } from './events.ts';
import { ledgerEntries } from './schema.ts';

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
 * Books one transfer as two rows that add up to zero, and tells the job's followers (CYXWIZ only). Repeating it
 * changes nothing and returns false; the same key with other facts throws CONFLICT, for then one of the two is wrong.
 */
export async function recordTransfer(db: Database, transfer: NewTransfer): Promise<boolean> {
  if (transfer.amountBase < 0n) throw new RangeError('amountBase must not be negative');
  if (transfer.amountBase === 0n) return false;
  return db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`ledger/${transfer.transferKey}`}, 0))`);
    if (await alreadyBooked(tx, transfer)) return false;
    const common = {
      transferKey: transfer.transferKey,
      currency: transfer.currency,
      purpose: transfer.purpose,
      jobId: transfer.jobId ?? null,
      attempt: transfer.attempt ?? 0,
      userId: transfer.userId ?? null,
      signature: transfer.signature,
    };
    await tx.insert(ledgerEntries).values([
      { ...common, account: transfer.from, counterAccount: transfer.to, amountBase: -transfer.amountBase },
      { ...common, account: transfer.to, counterAccount: transfer.from, amountBase: transfer.amountBase },
    ]);
    if (transfer.jobId != null && transfer.currency === 'CYXWIZ') {
      await appendJobEvent(tx, {
        jobId: transfer.jobId,
        kind: 'transfer',
        payload: {
          purpose: transfer.purpose,
          from: transfer.from,
          to: transfer.to,
          amountBase: transfer.amountBase.toString(),
          signature: transfer.signature,
        },
        dedupeKey: `transfer:${transfer.transferKey}`,
      });
    }
    return true;
  });
}

/** Whether a transfer of this key is in the books. */
export async function isBooked(db: Database, transferKey: string): Promise<boolean> {
  const rows = await db.select({ id: ledgerEntries.id }).from(ledgerEntries).where(eq(ledgerEntries.transferKey, transferKey)).limit(1);
  return rows.length > 0;
}

async function alreadyBooked(tx: Database, transfer: NewTransfer): Promise<boolean> {
  const rows = await tx
    .select()
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.transferKey, transfer.transferKey), eq(ledgerEntries.currency, transfer.currency)));
  if (rows.length === 0) return false;
  const credit = rows.find((row) => row.account === transfer.to);
  const same = rows.length === 2 && credit?.amountBase === transfer.amountBase && credit.counterAccount === transfer.from;
  if (!same) throw new CyxError('CONFLICT', `The ledger has another transfer under the key ${transfer.transferKey}`);
  return true;
}

/** Credit rows (one for each transfer) of a job, oldest first, CYXWIZ only. */
export async function transfersOfJob(db: Database, jobId: string): Promise<LedgerRow[]> {
  return db
    .select()
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.jobId, jobId), eq(ledgerEntries.currency, 'CYXWIZ'), sql`${ledgerEntries.amountBase} > 0`))
    .orderBy(asc(ledgerEntries.id));
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

/** What each account holds by the ledger; `currency` CYXWIZ unless told. For the audit. */
export async function ledgerBalances(db: Database, currency: 'CYXWIZ' | 'SOL' = 'CYXWIZ'): Promise<Map<string, bigint>> {
  const rows = await db
    .select({ account: ledgerEntries.account, total: sql<string>`sum(${ledgerEntries.amountBase})` })
    .from(ledgerEntries)
    .where(eq(ledgerEntries.currency, currency))
    .groupBy(ledgerEntries.account);
  return new Map(rows.map((row) => [row.account, BigInt(row.total)]));
}
