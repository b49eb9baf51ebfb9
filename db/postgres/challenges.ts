import { and, desc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Database, NewNodeChallengeRow, NodeChallengeRow } from './database.ts';
import { nodeChallenges } from './schema.ts';

/** All times are the database's: one clock, whichever process of the platform a machine talks to. */
export async function insertChallenge(db: Database, row: NewNodeChallengeRow): Promise<void> {
  await db.insert(nodeChallenges).values(row);
}

export async function findChallenge(db: Database, id: string): Promise<NodeChallengeRow | null> {
  const [row] = await db.select().from(nodeChallenges).where(eq(nodeChallenges.id, id));
  return row ?? null;
}

/** The memory is full. False where that was said before. */
export async function markFilled(db: Database, id: string, nonce: Uint8Array): Promise<boolean> {
  const rows = await db
    .update(nodeChallenges)
    .set({ filledAt: sql`clock_timestamp()`, nonce })
    .where(and(eq(nodeChallenges.id, id), isNull(nodeChallenges.filledAt), isNull(nodeChallenges.passed)))
    .returning({ id: nodeChallenges.id });
  return rows.length > 0;
}

/** The answer is fixed by its digest, which is kept with the task. False where there is one, or no nonce was given. */
export async function markAnswered(db: Database, id: string, digestHex: string): Promise<boolean> {
  const rows = await db
    .update(nodeChallenges)
    .set({ answeredAt: sql`clock_timestamp()`, task: sql`${nodeChallenges.task} || ${JSON.stringify({ digest: digestHex })}::jsonb` })
    .where(and(eq(nodeChallenges.id, id), isNotNull(nodeChallenges.filledAt), isNull(nodeChallenges.answeredAt), isNull(nodeChallenges.passed)))
    .returning({ id: nodeChallenges.id });
  return rows.length > 0;
}

/** Ends a challenge, once. */
export async function closeChallenge(db: Database, id: string, outcome: { passed: boolean; reason: string; measured: unknown }): Promise<boolean> {
  const rows = await db
    .update(nodeChallenges)
    .set(outcome)
    .where(and(eq(nodeChallenges.id, id), isNull(nodeChallenges.passed)))
    .returning({ id: nodeChallenges.id });
  return rows.length > 0;
}

/** True for the one answer of a challenge that is looked at: it costs us something, whatever it is. */
export async function takeForChecking(db: Database, id: string): Promise<boolean> {
  const rows = await db
    .update(nodeChallenges)
    .set({ reason: 'the answer is being checked' })
    .where(and(eq(nodeChallenges.id, id), isNull(nodeChallenges.passed), isNotNull(nodeChallenges.answeredAt), eq(nodeChallenges.reason, '')))
    .returning({ id: nodeChallenges.id });
  return rows.length > 0;
}

/** The newest passed challenge of a machine that no node was registered with yet. */
export async function unusedPass(db: Database, query: { machineId: string; deviceClass: string; after: Date }): Promise<NodeChallengeRow | null> {
  const { machineId, deviceClass, after } = query;
  const [row] = await db
    .select()
    .from(nodeChallenges)
    .where(
      and(
        eq(nodeChallenges.machineId, machineId),
        eq(nodeChallenges.deviceClass, deviceClass),
        eq(nodeChallenges.passed, true),
        isNull(nodeChallenges.nodeId),
        gt(nodeChallenges.answeredAt, after),
      ),
    )
    .orderBy(desc(nodeChallenges.answeredAt))
    .limit(1);
  return row ?? null;
}

/** Binds a challenge to the node that is registered with it. False where another node took it. */
export async function useChallenge(db: Database, id: string, nodeId: string): Promise<boolean> {
  const rows = await db
    .update(nodeChallenges)
    .set({ nodeId })
    .where(and(eq(nodeChallenges.id, id), isNull(nodeChallenges.nodeId)))
    .returning({ id: nodeChallenges.id });
  return rows.length > 0;
}
