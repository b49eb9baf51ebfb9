import { CyxError } from '#core/errors/cyx-error';
import { classesAbleToServe } from '#core/hardware/device-class';
import type { Database, NodeRow } from '#db/postgres/database';
import { capableNodes } from '#db/postgres/nodes';
import type { NodeState } from '#core/node/machine';
import type { NodeView } from './types.ts';

/**
 * Nodes that could take a job of this class from this user, busy or not; nobody may work for themselves.
 * Throws NO_CAPABLE_NODE where there is none, or none at or below `maxPricePerHourBase`.
 */
export async function requireCapableNodes(
  db: Database,
  query: { userId: string; deviceClass: string; maxPricePerHourBase?: bigint },
): Promise<NodeRow[]> {
  const all = await capableNodes(db, classesAbleToServe(query.deviceClass));
  const nodes = all.filter((node) => node.ownerId !== query.userId);
  if (nodes.length === 0) {
    throw new CyxError('NO_CAPABLE_NODE', `No node of class ${query.deviceClass} is online. Choose another device class, or try again later.`);
  }
  const max = query.maxPricePerHourBase;
  const affordable = max === undefined ? nodes : nodes.filter((node) => node.pricePerHourBase <= max);
  if (affordable.length === 0) {
    throw new CyxError('NO_CAPABLE_NODE', `No node of class ${query.deviceClass} works for the quoted price any more. Ask for a new quote.`);
  }
  return affordable;
}

export function nodeView(row: NodeRow): NodeView {
  return {
    nodeId: row.id,
    account: row.account,
    deviceClass: row.deviceClass,
    deviceName: row.deviceName,
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
