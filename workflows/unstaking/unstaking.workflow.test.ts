import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { createMintToInstruction } from '@solana/spl-token';
import { type Keypair, PublicKey, sendAndConfirmTransaction, SYSVAR_CLOCK_PUBKEY, Transaction } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Chain } from '#activities/platform/chain/chain';
import type { AssignResult, UnstakingActivities } from '#activities/platform/contract';
import { createEscrowActivities } from '#activities/platform/escrow/activities';
import { createUnstakingActivities } from '#activities/platform/stake/unstaking';
import { auditLedger } from '#api/services/audit';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import { applyJobTransition } from '#db/postgres/jobs';
import { ledgerBalance, recordTransfer } from '#db/postgres/ledger';
import { patchNode, requireNode } from '#db/postgres/nodes';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { findNodePda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { keepHistory } from '../testing/histories.ts';
import { answerLostOnce, startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { beginUnstakingUpdate, cancelUnstakingUpdate, type UnstakingInput, type UnstakingResult, unstakingStatusQuery } from './messages.ts';

let platform: TestPlatform;
let faucet: Keypair;
/** These nodes' next withdrawal fails once: what a worker that is killed leaves. */
const failsOnce = new Set<string>();
/** These nodes' withdrawals wait for this. */
const held = new Map<string, Promise<void>>();

beforeAll(async () => {
  platform = await startTestPlatform(inject('tools').temporalTestServer, ({ postgres: { db }, kms, chain }, testFaucet) => {
    faucet = testFaucet;
    const own = createUnstakingActivities({ db, kms, chain });
    // The chain's clock goes on with the one that skips; nothing else makes a locked week pass there.
    const inTime = <Input, Output>(activity: (input: Input) => Promise<Output>) => async (input: Input) => {
      await bringChainTo(chain, await platform.env.currentTimeMs());
      return activity(input);
    };
    const withdraw: UnstakingActivities['withdrawUnstake'] = async (input) => {
      await held.get(input.nodeId);
      if (failsOnce.delete(input.nodeId)) throw new Error('the worker was killed');
      return own.withdrawUnstake(input);
    };
    return {
      ...createEscrowActivities({ db, kms, chain }),
      beginUnstake: answerLostOnce(inTime(own.beginUnstake)),
      lookAtStake: inTime(own.lookAtStake),
      cancelUnstake: answerLostOnce(inTime(own.cancelUnstake)),
      withdrawUnstake: answerLostOnce(inTime(withdraw)),
    };
  });
});
afterAll(() => platform.close());

async function bringChainTo({ connection }: Chain, timeMs: number): Promise<void> {
  const clock = await connection.getAccountInfo(SYSVAR_CLOCK_PUBKEY);
  const seconds = Math.floor(timeMs / 1000) - Number(clock!.data.readBigInt64LE(32));
  if (seconds <= 0) return;
  // No slots: blockhashes that were handed out stay good.
  const request = { jsonrpc: '2.0', id: 1, method: 'cyxwizWarpClock', params: [{ seconds, slots: 0 }] };
  await fetch(connection.rpcEndpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
}

type Node = Awaited<ReturnType<TestPlatform['world']['newNode']>>;
const WEEK_MS = 7 * 86_400_000;

/** Start and update in two calls: the time-skipping server has no Update-with-Start (the real one is tested with it). */
async function begin(node: Pick<Node, 'nodeId' | 'ownerId'>): Promise<WorkflowHandle> {
  const input: UnstakingInput = { nodeId: node.nodeId, ownerId: node.ownerId, requestId: randomUUID() };
  const handle = await platform.env.client.workflow.start(WORKFLOW_TYPES.unstaking, {
    workflowId: workflowIds.unstaking(node.nodeId),
    taskQueue: PLATFORM_QUEUE,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowRunTimeout: '20 d',
  });
  await handle.executeUpdate(beginUnstakingUpdate);
  return handle;
}
const resultOf = async (handle: WorkflowHandle, path: string): Promise<UnstakingResult> => {
  const result = (await handle.result()) as UnstakingResult;
  await keepHistory(handle, `unstaking/${path}`);
  return result;
};
const row = ({ nodeId }: Pick<Node, 'nodeId'>) => requireNode(platform.world.postgres.db, nodeId);
const balance = (address: string): Promise<bigint> => platform.world.chain.balanceBase(new PublicKey(address));
const onChain = async ({ nodeId }: Node) => (await platform.world.chain.node(findNodePda(uuidToBytes(nodeId)).address))!;
const inTheBooks = ({ account }: Node): Promise<bigint> => ledgerBalance(platform.world.postgres.db, `stake:${account}`);

type EndJob = (outcome: 'timeout' | 'released') => Promise<void>;

/** A job of somebody else's that this node holds; returned: what ends it. */
async function holdJob(node: Node, amount = '50'): Promise<EndJob> {
  const { assigned, endJob } = await offerJob(node, amount);
  expect(assigned.granted).toBe(true);
  return endJob;
}

async function offerJob(node: Node, amount = '50'): Promise<{ assigned: AssignResult; endJob: EndJob }> {
  const { world, env } = platform;
  const { db } = world.postgres;
  const escrow = createEscrowActivities({ db, kms: world.kms, chain: world.chain });
  const jobId = await world.newJob(await world.newUser(), { amount, deadlineMs: 9 * 86_400_000, now: await env.currentTimeMs() });
  await applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'submit:0' });
  await escrow.lockEscrow({ jobId });
  await applyJobTransition(db, { jobId, event: 'lockEscrow', transitionKey: 'lock:1' });
  await openAttempt(db, { jobId, attempt: 1 });
  await recordClaim(db, { jobId, attempt: 1, nodeId: node.nodeId });
  const assigned = await escrow.assignNode({ jobId, attempt: 1 });
  const endJob: EndJob = async (outcome) => {
    await closeWithOutcome(db, { jobId, attempt: 1, outcome, reason: 'the test has it so' });
    await escrow.failAttempt({ jobId, attempt: 1, outcome, reason: 'the test has it so' });
    await escrow.refundEscrow({ jobId });
    await applyJobTransition(db, { jobId, event: 'fail', transitionKey: 'fail', patch: { endReason: 'ATTEMPTS_EXHAUSTED' } });
  };
  return { assigned, endJob };
}

/** Somebody sends tokens to a node's vault. */
async function donate({ account }: Node, amountBase: bigint): Promise<void> {
  const { chain, postgres } = platform.world;
  const { mint } = await chain.deployment();
  const vault = findStakeVaultPda(new PublicKey(account)).address;
  const instruction = createMintToInstruction(mint, vault, faucet.publicKey, amountBase);
  const signature = await sendAndConfirmTransaction(chain.connection, new Transaction().add(instruction), [chain.authority, faucet]);
  await recordTransfer(postgres.db, { transferKey: `${account}/mint/0`, from: 'mint', to: 'outside', currency: 'CYXWIZ', amountBase, purpose: 'welcome-credit', signature });
}

describe('unstaking', () => {
  it('gives the whole stake back after a week, once, however often it is begun and answers are lost', async () => {
    const node = await platform.world.newNode();
    const before = await balance(node.ownerAddress);
    const handle = await begin(node);
    expect(await handle.query(unstakingStatusQuery)).toMatchObject({ step: 'locked', stakeBase: cyx('100').toString(), openJobs: 0 });
    const { unstaking, unstakeAvailableAt } = await row(node);
    expect(unstaking).toBe(true);
    expect(Math.abs(unstakeAvailableAt!.getTime() - (await platform.env.currentTimeMs()) - WEEK_MS)).toBeLessThan(60_000);
    const again = await begin(node);
    expect((await again.describe()).runId).toBe((await handle.describe()).runId);
    // Nobody can give it a job any more, not even past the platform's own checks.
    expect((await offerJob(node)).assigned).toMatchObject({ granted: false, reason: 'The node takes no new jobs' });
    await patchNode(platform.world.postgres.db, node.nodeId, { unstaking: false });
    expect((await offerJob(node)).assigned).toMatchObject({ granted: false, reason: 'The node is unstaking.' });
    await donate(node, 5n);

    await platform.env.sleep(WEEK_MS - 3_600_000);
    expect(await handle.query(unstakingStatusQuery)).toMatchObject({ step: 'locked' });
    expect(await balance(node.ownerAddress)).toBe(before);
    expect(await resultOf(handle, 'withdrawn')).toMatchObject({ outcome: 'withdrawn', withdrawnBase: (cyx('100') + 5n).toString() });
    expect(await balance(node.ownerAddress)).toBe(before + cyx('100') + 5n);
    expect(await onChain(node)).toMatchObject({ status: 'withdrawn', stakeBase: 0n });
    expect(await row(node)).toMatchObject({ stakeBase: 0n, unstaking: false, unstakeAvailableAt: null, state: 'ACTIVE' });
    expect(await inTheBooks(node)).toBe(0n);

    await expect(begin(node)).rejects.toMatchObject({ cause: { type: 'STATE_CONFLICT', message: expect.stringContaining('no stake') } });
  });

  it('is cancelled on day 3, takes jobs again, and begins a whole new week', async () => {
    const node = await platform.world.newNode();
    const first = await begin(node);
    await platform.env.sleep('3 days');
    expect(await first.executeUpdate(cancelUnstakingUpdate)).toMatchObject({ step: 'cancelled' });
    expect(await resultOf(first, 'cancelled')).toMatchObject({ outcome: 'cancelled', withdrawnBase: '0' });
    expect(await row(node)).toMatchObject({ unstaking: false, unstakeAvailableAt: null, stakeBase: cyx('100') });
    expect((await onChain(node)).unstakeAt).toBe(0n);
    const endJob = await holdJob(node);
    await endJob('released');

    const second = await begin(node);
    await platform.env.sleep('6 days');
    expect(await second.query(unstakingStatusQuery)).toMatchObject({ step: 'locked' });
    expect((await onChain(node)).stakeBase).toBe(cyx('100'));
    expect(await resultOf(second, 'withdrawn-at-second-try')).toMatchObject({ outcome: 'withdrawn', withdrawnBase: cyx('100').toString() });
  });

  it('taken back by an operator who cancels the workflow leaves no lock behind', async () => {
    const node = await platform.world.newNode();
    const handle = await begin(node);
    await handle.cancel();
    expect(await resultOf(handle, 'workflow-cancelled')).toMatchObject({ outcome: 'cancelled' });
    expect((await onChain(node)).unstakeAt).toBe(0n);
    expect((await row(node)).unstaking).toBe(false);
  });

  it('gives back what a slash during the lock has left', async () => {
    const node = await platform.world.newNode();
    const endJob = await holdJob(node);
    const before = await balance(node.ownerAddress);
    const handle = await begin(node);
    await platform.env.sleep('2 days');
    await endJob('timeout');
    await platform.env.sleep('1 day');
    expect(await handle.query(unstakingStatusQuery)).toMatchObject({ step: 'locked', stakeBase: cyx('90').toString() });
    expect(await resultOf(handle, 'slashed-meanwhile')).toMatchObject({ withdrawnBase: cyx('90').toString() });
    expect(await balance(node.ownerAddress)).toBe(before + cyx('90'));
    expect(await inTheBooks(node)).toBe(0n);
    expect(await row(node)).toMatchObject({ state: 'SLASHED', stakeBase: 0n, unstaking: false });
  });

  it('has nothing to give back to a node that was banned meanwhile', async () => {
    const node = await platform.world.newNode();
    const endings = [];
    for (let job = 0; job < 3; job++) endings.push(await holdJob(node, '30'));
    const handle = await begin(node);
    for (const endJob of endings) await endJob('timeout');
    expect(await resultOf(handle, 'banned-meanwhile')).toMatchObject({ outcome: 'withdrawn', withdrawnBase: '0', signature: '' });
    expect(await row(node)).toMatchObject({ banned: true, stakeBase: 0n, unstaking: false });
    await expect(begin(node)).rejects.toMatchObject({ cause: { message: expect.stringContaining('banned') } });
  });

  it('waits at the end of the week for an open job and its verdict', async () => {
    const node = await platform.world.newNode();
    const endJob = await holdJob(node);
    const handle = await begin(node);
    await platform.env.sleep('8 days');
    expect(await handle.query(unstakingStatusQuery)).toMatchObject({ step: 'waitingForJobs', openJobs: 1 });
    expect((await onChain(node)).stakeBase).toBe(cyx('100'));
    await endJob('released');
    expect(await resultOf(handle, 'open-job')).toMatchObject({ outcome: 'withdrawn', withdrawnBase: cyx('100').toString() });
    expect(await inTheBooks(node)).toBe(0n);
  });

  it('tries a withdrawal again that failed, and is not taken back any more meanwhile', async () => {
    const node = await platform.world.newNode();
    failsOnce.add(node.nodeId);
    const hold = new AbortController();
    held.set(node.nodeId, new Promise((done) => hold.signal.addEventListener('abort', () => done())));
    const handle = await begin(node);
    await platform.env.sleep(WEEK_MS + 5_000);
    expect(await handle.query(unstakingStatusQuery)).toMatchObject({ step: 'withdrawing' });
    await expect(handle.executeUpdate(cancelUnstakingUpdate)).rejects.toMatchObject({ cause: { type: 'STATE_CONFLICT', message: expect.stringContaining('on its way') } });
    hold.abort();
    expect(await resultOf(handle, 'withdrawal-retried')).toMatchObject({ withdrawnBase: cyx('100').toString() });
    expect(failsOnce.has(node.nodeId)).toBe(false);
    expect((await onChain(node)).status).toBe('withdrawn');
  });

  it('refuses somebody else’s node, and one that was never registered', async () => {
    const node = await platform.world.newNode();
    const stranger = begin({ nodeId: node.nodeId, ownerId: randomUUID() });
    await expect(stranger).rejects.toMatchObject({ cause: { type: 'FORBIDDEN' } });
    await keepHistory(platform.env.client.workflow.getHandle(workflowIds.unstaking(node.nodeId)), 'unstaking/refused');
    expect((await row(node)).unstaking).toBe(false);
    expect((await onChain(node)).unstakeAt).toBe(0n);
  });

  it('leaves books that the audit finds right', async () => {
    const { world } = platform;
    expect(await auditLedger(world.postgres.db, world.chain.connection)).toMatchObject({ ok: true, problems: [] });
  });
});
