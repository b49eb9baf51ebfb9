import { and, asc, desc, eq, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import type { Database, LedgerRow } from './database.ts';
import { accountsOfUser } from './ledger.ts';
import { jobAttempts, ledgerEntries, nodes } from './schema.ts';

/** What nodes were paid: credits to their owners, each with the node whose attempt it was for. */
const PAYOUTS: SQL[] = [eq(ledgerEntries.purpose, 'node-payout'), eq(ledgerEntries.currency, 'CYXWIZ'), sql`${ledgerEntries.amountBase} > 0`];

const attemptOfEntry = and(eq(jobAttempts.jobId, ledgerEntries.jobId), eq(jobAttempts.attempt, ledgerEntries.attempt));

export interface NodeEarnings {
  readonly nodeId: string;
  readonly paidJobs: number;
  readonly amountBase: bigint;
}

/** What each of an owner's nodes has earned in all; nodes that earned nothing are left out. */
export async function earningsByNode(db: Database, ownerId: string): Promise<NodeEarnings[]> {
  const rows = await db
    .select({ nodeId: nodes.id, paidJobs: sql<number>`count(*)::int`, total: sql<string>`sum(${ledgerEntries.amountBase})` })
    .from(ledgerEntries)
    .innerJoin(jobAttempts, attemptOfEntry)
    .innerJoin(nodes, eq(nodes.id, jobAttempts.nodeId))
    .where(and(eq(nodes.ownerId, ownerId), ...PAYOUTS))
    .groupBy(nodes.id);
  return rows.map(({ nodeId, paidJobs, total }) => ({ nodeId, paidJobs, amountBase: BigInt(total) }));
}

export interface DayEarnings extends NodeEarnings {
  /** `2026-11-29`, in UTC. */
  readonly day: string;
}

/** The same by day, the newest day first, for the last `days` days. */
export async function earningsByDay(db: Database, query: { ownerId: string; days: number }): Promise<DayEarnings[]> {
  const day = sql<string>`to_char(${ledgerEntries.at} AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;
  const rows = await db
    .select({ day, nodeId: nodes.id, paidJobs: sql<number>`count(*)::int`, total: sql<string>`sum(${ledgerEntries.amountBase})` })
    .from(ledgerEntries)
    .innerJoin(jobAttempts, attemptOfEntry)
    .innerJoin(nodes, eq(nodes.id, jobAttempts.nodeId))
    .where(and(eq(nodes.ownerId, query.ownerId), sql`${ledgerEntries.at} > now() - make_interval(days => ${query.days})`, ...PAYOUTS))
    .groupBy(day, nodes.id)
    .orderBy(desc(day), asc(nodes.id));
  return rows.map(({ total, ...row }) => ({ ...row, amountBase: BigInt(total) }));
}

export interface ClassEarnings {
  readonly deviceClass: string;
  /** Nodes that were paid for something. */
  readonly paidNodes: number;
  readonly paidJobs: number;
  readonly amountBase: bigint;
  /** How long the paid attempts had their node, all together. */
  readonly workMs: number;
}

/** What nodes of each class were paid, whoever owns them, in the last `hours`. */
export async function earningsByClass(db: Database, query: { hours: number }): Promise<ClassEarnings[]> {
  const rows = await db
    .select({
      deviceClass: nodes.deviceClass,
      paidNodes: sql<number>`count(distinct ${nodes.id})::int`,
      paidJobs: sql<number>`count(*)::int`,
      total: sql<string>`sum(${ledgerEntries.amountBase})`,
      workMs: sql<number>`coalesce(sum(extract(epoch from ${jobAttempts.completedAt} - ${jobAttempts.assignedAt})) * 1000, 0)::float8`,
    })
    .from(ledgerEntries)
    .innerJoin(jobAttempts, attemptOfEntry)
    .innerJoin(nodes, eq(nodes.id, jobAttempts.nodeId))
    .where(and(sql`${ledgerEntries.at} > now() - make_interval(hours => ${query.hours})`, ...PAYOUTS))
    .groupBy(nodes.deviceClass)
    .orderBy(asc(nodes.deviceClass));
  return rows.map(({ total, ...row }) => ({ ...row, amountBase: BigInt(total) }));
}

/** An entry of the books with the node that it is about. */
export interface NodeEntry {
  readonly entry: LedgerRow;
  readonly nodeId: string;
}

/**
 * Everything that moved because of an owner's nodes, the newest first, before a row id: what they were paid, and what went
 * into and out of their stakes.
 */
export async function nodeEntries(db: Database, query: { ownerId: string; beforeId?: bigint | undefined; limit: number }): Promise<NodeEntry[]> {
  const isStake = sql`${ledgerEntries.account} = 'stake:' || ${nodes.account}`;
  const isPayout = and(eq(nodes.id, jobAttempts.nodeId), ...PAYOUTS);
  return db
    .select({ entry: ledgerEntries, nodeId: nodes.id })
    .from(ledgerEntries)
    .leftJoin(jobAttempts, attemptOfEntry)
    .innerJoin(nodes, or(isStake, isPayout))
    .where(
      and(
        eq(nodes.ownerId, query.ownerId),
        // The books have an index by account: the few of one owner are found first.
        inArray(ledgerEntries.account, accountsOfUser(query.ownerId)),
        eq(ledgerEntries.currency, 'CYXWIZ'),
        query.beforeId === undefined ? undefined : lt(ledgerEntries.id, query.beforeId),
      ),
    )
    .orderBy(desc(ledgerEntries.id))
    .limit(query.limit);
}
