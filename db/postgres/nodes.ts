import { and, asc, eq, gt, gte, inArray, isNotNull, isNull, lt, ne, notInArray, or, sql } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import { classesAbleToServe } from '#core/hardware/device-class';
import { CHALLENGE_GRACE_MS } from '#core/node/capability';
import { nodeTransition, type NodeEvent, type NodeState } from '#core/node/machine';
import { openAttemptsOfNode } from './attempts.ts';
import type { Database, JobRow, NewNodeRow, NodeRow } from './database.ts';
import { keyset, type Position } from './keyset.ts';
import { nodes } from './schema.ts';

export type NodePatch = Partial<
  Pick<
    NodeRow,
    | 'account'
    | 'stakeBase'
    | 'registerSignature'
    | 'paused'
    | 'draining'
    | 'unstaking'
    | 'unstakeAvailableAt'
    | 'maintenance'
    | 'banned'
    | 'totalJobs'
    | 'successful'
    | 'avgTimeMs'
    | 'samplesPerSecond'
    | 'pricePerHourBase'
    | 'hardware'
    | 'ownerAddress'
    | 'reliableTokenAt'
    | 'measured'
    | 'challengeDueAt'
  >
>;

/**
 * Registers a node, or finds the one of the same machine and device: registering twice is one node. A node that is
 * still UNREGISTERED takes over the newly stated price and measurements; another owner's machine is refused.
 */
export async function upsertNode(db: Database, row: NewNodeRow): Promise<NodeRow> {
  return db.transaction(async (tx) => {
    await tx.insert(nodes).values(row).onConflictDoNothing();
    const [stored] = await tx
      .select()
      .from(nodes)
      .where(and(eq(nodes.machineId, row.machineId), eq(nodes.deviceClass, row.deviceClass), eq(nodes.deviceName, row.deviceName)))
      .for('update');
    if (stored === undefined || stored.ownerId !== row.ownerId) {
      throw new CyxError('FORBIDDEN', 'This machine belongs to another account. Register it with its owner’s login.');
    }
    const [updated] = await tx
      .update(nodes)
      .set({
        pricePerHourBase: row.pricePerHourBase,
        samplesPerSecond: row.samplesPerSecond ?? 0,
        hardware: row.hardware ?? {},
        ...(row.measured === undefined ? {} : { measured: row.measured, challengeDueAt: row.challengeDueAt ?? null }),
        ...(row.instructionSet === undefined ? {} : { instructionSet: row.instructionSet }),
        // A wallet that already holds a stake stays the node's owner on chain.
        ...(stored.state === 'UNREGISTERED' ? { ownerAddress: row.ownerAddress } : {}),
      })
      .where(eq(nodes.id, stored.id))
      .returning();
    return updated!;
  });
}

export async function findNode(db: Database, nodeId: string): Promise<NodeRow | null> {
  const [row] = await db.select().from(nodes).where(eq(nodes.id, nodeId));
  return row ?? null;
}

/** Like `findNode`, but throws NOT_FOUND. */
export async function requireNode(db: Database, nodeId: string): Promise<NodeRow> {
  const row = await findNode(db, nodeId);
  if (row === null) throw new CyxError('NOT_FOUND', `There is no node ${nodeId}`);
  return row;
}

/** For what is decided under the row's lock: the state with the rest. */
export async function updateNode(tx: Database, nodeId: string, change: NodePatch & { readonly state: NodeState }): Promise<void> {
  await tx.update(nodes).set(change).where(eq(nodes.id, nodeId));
}

export async function patchNode(db: Database, nodeId: string, patch: NodePatch): Promise<void> {
  await db.update(nodes).set(patch).where(eq(nodes.id, nodeId));
}

export async function nodesOfMachine(db: Database, machineId: string): Promise<NodeRow[]> {
  return db.select().from(nodes).where(eq(nodes.machineId, machineId));
}

export async function patchNodesOfMachine(db: Database, machineId: string, patch: NodePatch): Promise<void> {
  await db.update(nodes).set(patch).where(eq(nodes.machineId, machineId));
}

/**
 * Applies one event of core's node machine under a row lock. An event that leaves the state as it is writes only the
 * patch; one that the machine forbids throws STATE_CONFLICT.
 */
export async function applyNodeEvent(
  db: Database,
  change: { nodeId: string; event: NodeEvent; patch?: NodePatch },
): Promise<NodeRow> {
  return db.transaction(async (tx) => {
    const node = await lockNode(tx, change.nodeId);
    const state = nodeTransition(node.state as NodeState, change.event);
    const [row] = await tx.update(nodes).set({ ...change.patch, state }).where(eq(nodes.id, node.id)).returning();
    return row!;
  });
}

export async function lockNode(tx: Database, nodeId: string): Promise<NodeRow> {
  const [row] = await tx.select().from(nodes).where(eq(nodes.id, nodeId)).for('update');
  if (row === undefined) throw new CyxError('NOT_FOUND', `There is no node ${nodeId}`);
  return row;
}

/**
 * Notes that a node was heard: one statement for a node in service, since thousands say so every half minute. One that was
 * OFFLINE comes back as BUSY where it still holds a job, else ACTIVE.
 */
export async function recordNodeHeartbeat(db: Database, nodeId: string): Promise<NodeRow> {
  const inService = and(eq(nodes.id, nodeId), notInArray(nodes.state, ['OFFLINE', 'INACTIVE']));
  const [heard] = await db.update(nodes).set({ lastSeenAt: sql`now()` }).where(inService).returning();
  return heard ?? db.transaction((tx) => comeBack(tx, nodeId));
}

async function comeBack(tx: Database, nodeId: string): Promise<NodeRow> {
  const heard = nodeTransition((await lockNode(tx, nodeId)).state as NodeState, 'heartbeat');
  const state = await withItsJobs(tx, nodeId, heard);
  const [row] = await tx.update(nodes).set({ state, lastSeenAt: sql`now()` }).where(eq(nodes.id, nodeId)).returning();
  return row!;
}

/** BUSY while the node works at a job, ACTIVE while it does not: what it has delivered is the verifiers' work. Other states stay. */
async function withItsJobs(tx: Database, nodeId: string, state: NodeState): Promise<NodeState> {
  const works = (await openAttemptsOfNode(tx, nodeId)).some(({ assignedAt, completedAt }) => assignedAt !== null && completedAt === null);
  if (state === 'ACTIVE' && works) return nodeTransition(state, 'jobAssigned');
  return state === 'BUSY' && !works ? nodeTransition(state, 'jobEnded') : state;
}

/** Has a node be BUSY or ACTIVE by the jobs it holds; after any change of those, in any order and however often. */
export async function followJobsOfNode(db: Database, nodeId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const before = (await lockNode(tx, nodeId)).state as NodeState;
    const state = await withItsJobs(tx, nodeId, before);
    if (state !== before) await tx.update(nodes).set({ state }).where(eq(nodes.id, nodeId));
  });
}

/** Nodes with an account on chain that work and were heard since then. */
export async function heardNodes(db: Database, since: Date): Promise<Pick<NodeRow, 'id' | 'account'>[]> {
  return db
    .select({ id: nodes.id, account: nodes.account })
    .from(nodes)
    .where(and(inArray(nodes.state, ['ACTIVE', 'BUSY']), isNotNull(nodes.account), gte(nodes.lastSeenAt, since)));
}

/**
 * Has nodes of this state that have not been heard since `before` take the event, all in one statement: one that is heard in
 * this moment stays as it is. One that was never heard counts from its registration.
 */
export async function moveSilentNodes(db: Database, { state, event, before }: { state: NodeState; event: NodeEvent; before: Date }): Promise<void> {
  await db
    .update(nodes)
    .set({ state: nodeTransition(state, event) })
    .where(and(eq(nodes.state, state), lt(sql`coalesce(${nodes.lastSeenAt}, ${nodes.createdAt})`, before)));
}

/** Nodes that could take a job of one of these classes, busy or not. */
export async function capableNodes(db: Database, deviceClasses: readonly string[]): Promise<NodeRow[]> {
  return db
    .select()
    .from(nodes)
    .where(
      and(
        inArray(nodes.deviceClass, [...deviceClasses]),
        inArray(nodes.state, ['ACTIVE', 'BUSY']),
        eq(nodes.paused, false),
        eq(nodes.draining, false),
        eq(nodes.maintenance, false),
        eq(nodes.unstaking, false),
        eq(nodes.banned, false),
        isNotNull(nodes.measured),
        // One that is overdue takes no job; one that works shows it as soon as it is done.
        or(isNull(nodes.challengeDueAt), gt(nodes.challengeDueAt, new Date(Date.now() - CHALLENGE_GRACE_MS)), eq(nodes.state, 'BUSY')),
      ),
    );
}

/** Of the capable ones, those that may work at this job for its price: not its owner's, and with enough at stake. */
export async function nodesForJob(db: Database, job: Pick<JobRow, 'deviceClass' | 'pricePerHourBase' | 'amountBase' | 'userId'>): Promise<NodeRow[]> {
  const capable = await capableNodes(db, classesAbleToServe(job.deviceClass));
  return capable.filter((node) => node.pricePerHourBase <= job.pricePerHourBase && node.ownerId !== job.userId && node.stakeBase >= job.amountBase);
}

export async function listNodes(db: Database, query: { ownerId?: string } = {}): Promise<NodeRow[]> {
  return db
    .select()
    .from(nodes)
    .where(query.ownerId === undefined ? undefined : eq(nodes.ownerId, query.ownerId))
    .orderBy(asc(nodes.createdAt), asc(nodes.id));
}

/** Nodes that have been registered on chain, the oldest first. */
export async function pageOfNodes(db: Database, query: { after: Position | undefined; limit: number }): Promise<NodeRow[]> {
  const { order, after } = keyset(nodes.createdAt, nodes.id, 'oldest');
  return db
    .select()
    .from(nodes)
    .where(and(ne(nodes.state, 'UNREGISTERED'), after(query.after)))
    .orderBy(...order)
    .limit(query.limit);
}
