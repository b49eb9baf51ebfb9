import { PublicKey, sendAndConfirmTransaction, Transaction } from '@solana/web3.js';
import { NODE_INACTIVE_AFTER_MS, NODE_OFFLINE_AFTER_MS } from '#core/node/machine';
import type { Database } from '#db/postgres/database';
import { applyJobTransition, overdueUnsubmittedJobs } from '#db/postgres/jobs';
import { applyNodeEvent, listNodes, silentNodes } from '#db/postgres/nodes';
import { heartbeatInstruction } from '#programs/clients/ts/node-registry';
import { type Chain, reachable } from './chain/chain.ts';

/** Turns silence into OFFLINE, and a week of it into INACTIVE. Heartbeats themselves only touch a column. */
export async function sweepSilentNodes(db: Database, now: Date): Promise<void> {
  const before = (ageMs: number): Date => new Date(now.getTime() - ageMs);
  for (const node of await silentNodes(db, { states: ['ACTIVE', 'BUSY'], before: before(NODE_OFFLINE_AFTER_MS) })) {
    await applyNodeEvent(db, { nodeId: node.id, event: 'heartbeatLost' });
  }
  for (const node of await silentNodes(db, { states: ['OFFLINE'], before: before(NODE_INACTIVE_AFTER_MS) })) {
    await applyNodeEvent(db, { nodeId: node.id, event: 'silentForAWeek' });
  }
}

/** A job whose submission never reached its workflow ends with its deadline; nothing was locked for it. */
export async function sweepUnsubmittedJobs(db: Database): Promise<void> {
  for (const jobId of await overdueUnsubmittedJobs(db)) {
    await applyJobTransition(db, { jobId, event: 'fail', transitionKey: 'fail:unsubmitted', patch: { endReason: 'NOT_SUBMITTED' } });
  }
}

/**
 * Writes the on-chain heartbeat of every node that was heard since the last round. A lost one is made up for by the
 * next, so these are sent without a record. Returns how many were written.
 */
export async function writeChainHeartbeats(db: Database, chain: Chain, heardSince: Date): Promise<number> {
  const heard = (await listNodes(db)).filter(
    (node) => node.account !== null && node.lastSeenAt !== null && node.lastSeenAt >= heardSince && ['ACTIVE', 'BUSY'].includes(node.state),
  );
  for (const node of heard) {
    const instruction = heartbeatInstruction({ authority: chain.authority.publicKey, node: new PublicKey(node.account!) });
    await reachable(() => sendAndConfirmTransaction(chain.connection, new Transaction().add(instruction), [chain.authority]));
  }
  return heard.length;
}
