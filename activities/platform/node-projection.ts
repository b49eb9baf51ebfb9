import { NODE_TRANSITIONS, type NodeEvent, type NodeState } from '#core/node/machine';
import type { Database, NodeRow } from '#db/postgres/database';
import { applyNodeEvent, lockNode, patchNode } from '#db/postgres/nodes';
import type { NodeAccount } from '#programs/clients/ts/node-registry';

/** These events may come twice, or late: under the row lock, what no longer applies changes nothing. */
async function applyWherePossible(db: Database, nodeId: string, event: NodeEvent): Promise<void> {
  await db.transaction(async (tx) => {
    const node = await lockNode(tx, nodeId);
    if (NODE_TRANSITIONS[node.state as NodeState][event] !== undefined) await applyNodeEvent(tx, { nodeId, event });
  });
}

/**
 * Copies stake, lock and reputation from the chain, which is the truth of all three. A withdrawn stake is no state of SPEC's:
 * the node stays ACTIVE or OFFLINE as it is heard or not, and takes no job because nothing is at stake.
 */
export async function projectNodeAccount(db: Database, node: NodeRow, account: NodeAccount): Promise<void> {
  // What is banned has lost all of it, so there is nothing to wait for.
  const isUnstaking = account.unstakeAt !== 0n && !account.banned;
  await patchNode(db, node.id, {
    stakeBase: account.stakeBase,
    banned: account.banned,
    unstaking: isUnstaking,
    unstakeAvailableAt: isUnstaking ? new Date(Number(account.unstakeAt) * 1000) : null,
    totalJobs: Number(account.reputation.totalJobs),
    successful: Number(account.reputation.successful),
    avgTimeMs: Number(account.reputation.avgTimeMs),
  });
  if (account.status === 'active' && node.state === 'SLASHED') await applyWherePossible(db, node.id, 'toppedUp');
  if (account.status === 'slashed' || account.status === 'banned') await applyWherePossible(db, node.id, 'slashedBelowMinimum');
}
