import { CyxError } from '#core/errors/cyx-error';
import { classesAbleToServe } from '#core/hardware/device-class';
import { formatCyxwiz } from '#core/money/amount';
import { MIN_STAKE_BASE } from '#core/money/split';
import { amountForDeadline } from '#core/pricing/quote';
import { standingOf } from '#core/node/capability';
import type { HardwareDocument } from '#db/mongo/documents';
import type { Database, NodeRow } from '#db/postgres/database';
import { capableNodes } from '#db/postgres/nodes';
import type { NodeState } from '#core/node/machine';
import type { OwnNodeView } from './machine-types.ts';
import { nameOfGpu } from './node-queues.ts';
import type { NodeView } from './types.ts';

/**
 * Nodes that could take a job of this class from this user, busy or not; nobody may work for themselves.
 * Throws NO_CAPABLE_NODE where there is none.
 */
export async function requireCapableNodes(db: Database, query: { userId: string; deviceClass: string }): Promise<NodeRow[]> {
  const all = await capableNodes(db, classesAbleToServe(query.deviceClass));
  const nodes = all.filter((node) => node.ownerId !== query.userId);
  if (nodes.length === 0) {
    throw new CyxError('NO_CAPABLE_NODE', `No node of class ${query.deviceClass} is online. Choose another device class, or try again later.`);
  }
  return nodes;
}

/**
 * Nodes whose stake covers what they would be paid for the whole deadline: the chain bounds what a node may hold by its
 * stake, so a larger escrow could never be assigned to it. Throws NO_CAPABLE_NODE where there is none.
 */
export function nodesThatCanAnswerFor(nodes: readonly NodeRow[], deadlineMs: number): NodeRow[] {
  const needed = (node: NodeRow): bigint => amountForDeadline(node.pricePerHourBase, deadlineMs);
  const able = nodes.filter((node) => node.stakeBase >= MIN_STAKE_BASE && node.stakeBase >= needed(node));
  if (able.length > 0) return able;
  throw stakesTooSmall(nodes, nodes.map(needed).reduce((least, base) => (base < least ? base : least)));
}

function stakesTooSmall(nodes: readonly NodeRow[], amountBase: bigint): CyxError {
  const largestBase = nodes.reduce((largest, node) => (node.stakeBase > largest ? node.stakeBase : largest), 0n);
  return new CyxError(
    'NO_CAPABLE_NODE',
    `This job would lock ${formatCyxwiz(amountBase)} CYXWIZ, but no node has a stake above ${formatCyxwiz(largestBase)} to answer for it. Choose an earlier deadline.`,
    { facts: { largestStakeBase: largestBase.toString() } },
  );
}

/** Prices may have risen since the quote. Throws NO_CAPABLE_NODE where no node is left at or below it. */
export function requireAffordableNode(
  nodes: readonly NodeRow[],
  quote: { deviceClass: string; pricePerHourBase: bigint; amountBase: bigint },
): void {
  const affordable = nodes.filter((node) => node.pricePerHourBase <= quote.pricePerHourBase);
  if (affordable.some((node) => node.stakeBase >= quote.amountBase)) return;
  if (affordable.length > 0) throw stakesTooSmall(affordable, quote.amountBase);
  throw new CyxError('NO_CAPABLE_NODE', `No node of class ${quote.deviceClass} works for the quoted price any more. Ask for a new quote.`);
}

/** The row keeps what the node sent when it was registered, which may be of before there were such numbers. */
function memoryOf({ hardware, deviceClass, deviceName }: NodeRow): number {
  const { gpus = [], ram_total_mb = 0 } = hardware as Partial<HardwareDocument>;
  if (deviceClass === 'cpu') return ram_total_mb;
  return gpus.find(({ name, device_id: deviceId }) => deviceName === nameOfGpu({ name, deviceId }))?.vram_mb ?? 0;
}

export function nodeView(row: NodeRow): NodeView {
  return {
    nodeId: row.id,
    account: row.account,
    deviceClass: row.deviceClass,
    deviceName: row.deviceName,
    memoryMb: memoryOf(row),
    state: row.state as NodeState,
    pricePerHourBase: row.pricePerHourBase,
    stakeBase: row.stakeBase,
    samplesPerSecond: row.samplesPerSecond,
    totalJobs: row.totalJobs,
    successful: row.successful,
    avgTimeMs: row.avgTimeMs,
    lastSeenAt: row.lastSeenAt,
  };
}

/** What everybody may see of a node, and what is its owner's alone. */
export function ownNodeView(row: NodeRow, { isVerifiable }: Pick<OwnNodeView, 'isVerifiable'>): OwnNodeView {
  const { machineId, paused, draining, maintenance, unstaking, unstakeAvailableAt, banned } = row;
  return { ...nodeView(row), machineId, paused, draining, maintenance, unstaking, unstakeAvailableAt, banned, capability: standingOf(row, Date.now()), isVerifiable };
}
