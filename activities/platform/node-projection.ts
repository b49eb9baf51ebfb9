import { NODE_TRANSITIONS, nodeTransition, type NodeEvent, type NodeState } from '#core/node/machine';
import type { Database } from '#db/postgres/database';
import { followJobsOfNode, lockNode, updateNode } from '#db/postgres/nodes';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import type { NodeAccount } from '#programs/clients/ts/node-registry';
import { findNodePda } from '#programs/clients/ts/pda';
import type { Chain } from './chain/chain.ts';

/** What a state becomes by what the chain says; an event that does not apply changes nothing. */
function stateBy({ status }: NodeAccount, state: NodeState): NodeState {
  const event: NodeEvent | null = status === 'active' && state === 'SLASHED' ? 'toppedUp' : status === 'slashed' || status === 'banned' ? 'slashedBelowMinimum' : null;
  return event === null || NODE_TRANSITIONS[state][event] === undefined ? state : nodeTransition(state, event);
}

/**
 * Copies stake, lock and reputation from the chain, which is the truth of all three. It is read under the row's lock: of two
 * steps of one node at once, the one that copies last has also read last. A withdrawn stake is no state of SPEC's: the
 * node stays ACTIVE or OFFLINE as it is heard or not, and takes no job because nothing is at stake.
 */
export async function projectNodeAccount({ db, chain }: { db: Database; chain: Pick<Chain, 'node'> }, nodeId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const node = await lockNode(tx, nodeId);
    const account = await chain.node(findNodePda(uuidToBytes(nodeId)).address);
    if (account === null) return;
    // What is banned has lost all of it, so there is nothing to wait for.
    const isUnstaking = account.unstakeAt !== 0n && !account.banned;
    await updateNode(tx, nodeId, {
      state: stateBy(account, node.state as NodeState),
      stakeBase: account.stakeBase,
      // A ban is final.
      banned: account.banned || node.banned,
      unstaking: isUnstaking,
      unstakeAvailableAt: isUnstaking ? new Date(Number(account.unstakeAt) * 1000) : null,
      totalJobs: Number(account.reputation.totalJobs),
      successful: Number(account.reputation.successful),
      avgTimeMs: Number(account.reputation.avgTimeMs),
    });
    await followJobsOfNode(tx, nodeId);
  });
}
