import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { PublicKey } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { managedSigner } from '#activities/platform/chain/managed-signer';
import { sendOnce } from '#activities/platform/chain/send-once';
import { createEscrowActivities } from '#activities/platform/escrow/activities';
import { stakeKeys } from '#activities/platform/stake/stake';
import { createStakeTopUpActivities } from '#activities/platform/stake/top-up';
import { createUnstakingActivities } from '#activities/platform/stake/unstaking';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import { applyJobTransition } from '#db/postgres/jobs';
import { ledgerBalance } from '#db/postgres/ledger';
import { requireNode } from '#db/postgres/nodes';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { topUpStakeInstruction } from '#programs/clients/ts/node-registry';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { keepHistory } from '../testing/histories.ts';
import { answerLostOnce, RUN_TIMEOUT, startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import type { StakeTopUpInput, StakeTopUpResult } from './messages.ts';

/** Longer than what the chain's clock is moved ahead here: a deadline lies ahead by both. */
const DEADLINE_MS = 9 * 86_400_000;

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform(inject('tools').temporalTestServer, ({ postgres: { db }, kms, chain }) => ({
    topUpStake: answerLostOnce(createStakeTopUpActivities({ db, kms, chain }).topUpStake),
  }));
});
afterAll(() => platform.close());

type Node = Awaited<ReturnType<TestPlatform['world']['newNode']>>;

function topUp({ nodeId, ownerId }: Pick<Node, 'nodeId' | 'ownerId'>, amount: string, requestId: string = randomUUID()): Promise<WorkflowHandle> {
  const input: StakeTopUpInput = { nodeId, ownerId, requestId, amountBase: cyx(amount).toString() };
  return platform.env.client.workflow.start(WORKFLOW_TYPES.stakeTopUp, { workflowId: workflowIds.stakeTopUp(requestId), taskQueue: PLATFORM_QUEUE, workflowRunTimeout: RUN_TIMEOUT, args: [input] });
}
async function refusalOf(handle: WorkflowHandle, path: string): Promise<unknown> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  await keepHistory(handle, `stake-top-up/${path}`);
  return (error as WorkflowFailedError).cause?.cause;
}
const balance = (address: string): Promise<bigint> => platform.world.chain.balanceBase(new PublicKey(address));
const row = ({ nodeId }: Node) => requireNode(platform.world.postgres.db, nodeId);

/** So many of its jobs run out of time at once: each costs the node 10 % of its stake, the third all of it. */
async function slash(node: Node, times = 1): Promise<void> {
  const { world, env } = platform;
  const { db } = world.postgres;
  const escrow = createEscrowActivities({ db, kms: world.kms, chain: world.chain });
  const jobIds: string[] = [];
  for (let job = 0; job < times; job++) {
    const jobId = await world.newJob(await world.newUser(), { amount: '30', deadlineMs: DEADLINE_MS, now: await env.currentTimeMs() });
    jobIds.push(jobId);
    await applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'submit:0' });
    await escrow.lockEscrow({ jobId });
    await openAttempt(db, { jobId, attempt: 1 });
    await recordClaim(db, { jobId, attempt: 1, nodeId: node.nodeId });
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: true });
  }
  for (const jobId of jobIds) {
    await closeWithOutcome(db, { jobId, attempt: 1, outcome: 'timeout', reason: 'late' });
    await escrow.failAttempt({ jobId, attempt: 1, outcome: 'timeout', reason: 'late' });
  }
}

describe('adding to a stake', () => {
  it('brings a slashed node back, once for each request, although the answer was lost', async () => {
    const node = await platform.world.newNode();
    await slash(node);
    expect(await row(node)).toMatchObject({ state: 'SLASHED', stakeBase: cyx('90') });
    const before = await balance(node.ownerAddress);

    const [first, rest] = [randomUUID(), randomUUID()];
    const handle = await topUp(node, '4', first);
    expect((await handle.result()) as StakeTopUpResult).toMatchObject({ amountBase: cyx('4').toString(), stakeBase: cyx('94').toString() });
    expect(await row(node)).toMatchObject({ state: 'SLASHED', stakeBase: cyx('94') });
    await (await topUp(node, '6', rest)).result();
    await keepHistory(handle, 'stake-top-up/added');
    expect(await row(node)).toMatchObject({ state: 'ACTIVE', stakeBase: cyx('100') });
    // The same request, even by a workflow that begins anew, adds nothing.
    await (await topUp(node, '6', rest)).result();
    expect(await row(node)).toMatchObject({ stakeBase: cyx('100') });
    expect(await balance(node.ownerAddress)).toBe(before - cyx('10'));
    expect(await ledgerBalance(platform.world.postgres.db, `stake:${node.account}`)).toBe(cyx('100'));
  });

  it('is refused for more than the wallet holds, and nothing moves', async () => {
    const node = await platform.world.newNode();
    const before = await balance(node.ownerAddress);
    expect(await refusalOf(await topUp(node, '5000'), 'funds-too-low')).toMatchObject({ type: 'INSUFFICIENT_FUNDS', message: expect.stringContaining('5000.000 CYXWIZ') });
    expect(await balance(node.ownerAddress)).toBe(before);
  });

  it('that landed is booked although the wallet holds less than it by then, and says what was added', async () => {
    const { postgres: { db }, chain, kms } = platform.world;
    const node = await platform.world.newNode();
    const requestId = randomUUID();
    // As a worker leaves it that was killed between the chain's answer and the books.
    const [owner, { mint }] = [new PublicKey(node.ownerAddress), await chain.deployment()];
    const instruction = topUpStakeInstruction({ owner, node: new PublicKey(node.account), amountBase: cyx('600'), mint });
    const build = async () => ({ instructions: [instruction], signers: [await managedSigner({ db, kms }, owner, [instruction])] });
    await sendOnce(chain, db, { key: stakeKeys.topUp(node.nodeId, requestId), build });
    expect(await balance(node.ownerAddress)).toBeLessThan(cyx('600'));
    const again = (await (await topUp(node, '20', requestId)).result()) as StakeTopUpResult;
    expect(again).toMatchObject({ amountBase: cyx('600').toString(), stakeBase: cyx('700').toString() });
    expect(await ledgerBalance(db, `stake:${node.account}`)).toBe(cyx('700'));
  });

  it('does not bring a banned node back', async () => {
    const node = await platform.world.newNode();
    await slash(node, 3);
    expect(await row(node)).toMatchObject({ banned: true, stakeBase: 0n });
    expect(await refusalOf(await topUp(node, '100'), 'node-banned')).toMatchObject({ type: 'STATE_CONFLICT', message: expect.stringContaining('banned for good') });
    expect(await row(node)).toMatchObject({ banned: true, stakeBase: 0n });
  });

  it('is refused while the node is unstaking, and brings one back whose stake was withdrawn', async () => {
    const { postgres, kms, chain } = platform.world;
    const node = await platform.world.newNode();
    const unstaking = createUnstakingActivities({ db: postgres.db, kms, chain });
    const requestId = randomUUID();
    await unstaking.beginUnstake({ nodeId: node.nodeId, ownerId: node.ownerId, requestId });
    expect(await refusalOf(await topUp(node, '1'), 'refused-while-unstaking')).toMatchObject({ type: 'STATE_CONFLICT', message: expect.stringContaining('Cancel that first') });
    await warp(7 * 86_400);
    await unstaking.withdrawUnstake({ nodeId: node.nodeId, requestId, countedBase: cyx('100').toString() });
    expect(await row(node)).toMatchObject({ state: 'ACTIVE', stakeBase: 0n, unstaking: false });
    await (await topUp(node, '100')).result();
    expect(await row(node)).toMatchObject({ state: 'ACTIVE', stakeBase: cyx('100') });
    // It takes jobs again, and answers for them.
    await slash(node);
    expect((await row(node)).stakeBase).toBe(cyx('90'));
  });

  it('of somebody else’s node is refused', async () => {
    const node = await platform.world.newNode();
    const error = await (await topUp({ nodeId: node.nodeId, ownerId: randomUUID() }, '1')).result().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ cause: { cause: { type: 'FORBIDDEN' } } });
  });
});

async function warp(seconds: number): Promise<void> {
  const request = { jsonrpc: '2.0', id: 1, method: 'cyxwizWarpClock', params: [{ seconds, slots: 0 }] };
  await fetch(platform.world.chain.connection.rpcEndpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
}
