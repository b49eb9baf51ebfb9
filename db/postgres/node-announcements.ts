import { and, asc, eq, isNotNull, ne, sql } from 'drizzle-orm';
import type { Database, NodeRow } from './database.ts';
import { nodes } from './schema.ts';

/** What a node's workflow is told of, in one text: where it changes, there is something to tell. A node without a stake has no workflow to tell. */
const ANNOUNCEMENT = sql<string>`CASE WHEN ${nodes.stakeBase} = 0 AND NOT ${nodes.banned} THEN 'no stake' ELSE ${nodes.state} || '/' || ${nodes.stakeBase} || CASE WHEN ${nodes.banned} THEN '/banned' ELSE '' END END`;

/** Nodes that were registered on chain and are not what their workflow was last told. */
export async function unannouncedNodes(db: Database, limit: number): Promise<{ node: NodeRow; announcement: string }[]> {
  return db
    .select({ node: nodes, announcement: ANNOUNCEMENT })
    .from(nodes)
    .where(and(isNotNull(nodes.account), ne(nodes.state, 'UNREGISTERED'), ne(nodes.announcedState, ANNOUNCEMENT)))
    .orderBy(asc(nodes.id))
    .limit(limit);
}

/** The text is the one that was read with the row: what has changed since is told in the next round. */
export async function markAnnounced(db: Database, nodeId: string, announcement: string): Promise<void> {
  await db.update(nodes).set({ announcedState: announcement }).where(eq(nodes.id, nodeId));
}
