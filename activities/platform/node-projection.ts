import { NODE_TRANSITIONS } from '#core/node/machine';
import type { NodeState } from '#core/node/machine';
import type { Database, NodeRow } from '#db/postgres/database';
import { applyNodeEvent, patchNode, requireNode } from '#db/postgres/nodes';
import type { NodeAccount } from '#programs/clients/ts/node-registry';

/** A node's job is over; a node that is not BUSY (any more) stays as it is. */
export async function endJobOfNode(db: Database, nodeId: string): Promise<void> {
  const node = await requireNode(db, nodeId);
  if (node.state === 'BUSY') await applyNodeEvent(db, { nodeId, event: 'jobEnded' });
}

/** A node got a job; one that is already BUSY or was just lost stays as it is. */
export async function startJobOfNode(db: Database, nodeId: string): Promise<void> {
  const node = await requireNode(db, nodeId);
  if (NODE_TRANSITIONS[node.state as NodeState].jobAssigned !== undefined) {
    await applyNodeEvent(db, { nodeId, event: 'jobAssigned' });
  }
}

/** Copies stake and reputation from the chain, which is the truth of both. */
export async function projectNodeAccount(db: Database, node: NodeRow, account: NodeAccount): Promise<void> {
  await patchNode(db, node.id, {
    stakeBase: account.stakeBase,
    banned: account.banned,
    totalJobs: Number(account.reputation.totalJobs),
    successful: Number(account.reputation.successful),
    avgTimeMs: Number(account.reputation.avgTimeMs),
  });
  const slashed = account.status === 'slashed' || account.status === 'banned';
  if (slashed && node.state !== 'SLASHED') await applyNodeEvent(db, { nodeId: node.id, event: 'slashedBelowMinimum' });
}
