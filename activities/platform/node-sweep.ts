import { PublicKey, sendAndConfirmTransaction, Transaction } from '@solana/web3.js';
import { NODE_INACTIVE_AFTER_MS, NODE_OFFLINE_AFTER_MS } from '#core/node/machine';
import type { Database } from '#db/postgres/database';
import { applyJobTransition, overdueUnsubmittedJobs } from '#db/postgres/jobs';
import { heardNodes, moveSilentNodes } from '#db/postgres/nodes';
import { heartbeatInstruction } from '#programs/clients/ts/node-registry';
import { type Chain, reachable } from './chain/chain.ts';

/** Turns silence into OFFLINE, and a week of it into INACTIVE. Heartbeats themselves only touch a column. */
export async function sweepSilentNodes(db: Database, now: Date): Promise<void> {
  const before = (ageMs: number): Date => new Date(now.getTime() - ageMs);
  for (const state of ['ACTIVE', 'BUSY'] as const) await moveSilentNodes(db, { state, event: 'heartbeatLost', before: before(NODE_OFFLINE_AFTER_MS) });
  await moveSilentNodes(db, { state: 'OFFLINE', event: 'silentForAWeek', before: before(NODE_INACTIVE_AFTER_MS) });
}

/** A job whose submission never reached its workflow ends with its deadline; nothing was locked for it. */
export async function sweepUnsubmittedJobs(db: Database): Promise<void> {
  for (const jobId of await overdueUnsubmittedJobs(db)) {
    await applyJobTransition(db, { jobId, event: 'fail', transitionKey: 'fail:unsubmitted', patch: { endReason: 'NOT_SUBMITTED' } });
  }
}

/** So many fit into one transaction: its 1,232 bytes are full at 25. */
const HEARTBEATS_IN_ONE = 20;

/**
 * Writes the on-chain heartbeat of every node that was heard since the last round, many in a transaction. A lost one is
 * made up for by the next, so these are sent without a record. Where one transaction fails the others are sent all the
 * same; then the first failure is thrown. Returns how many nodes there were.
 */
export async function writeChainHeartbeats(db: Database, chain: Chain, heardSince: Date): Promise<number> {
  const heard = await heardNodes(db, heardSince);
  const failures: unknown[] = [];
  for (let first = 0; first < heard.length; first += HEARTBEATS_IN_ONE) {
    const instructions = heard
      .slice(first, first + HEARTBEATS_IN_ONE)
      .map(({ account }) => heartbeatInstruction({ authority: chain.authority.publicKey, node: new PublicKey(account!) }));
    await reachable(() => sendAndConfirmTransaction(chain.connection, new Transaction().add(...instructions), [chain.authority])).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
  return heard.length;
}
