import { randomUUID } from 'node:crypto';
import { Keypair } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, signWith, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import type { JobEvent } from '#core/job/machine';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import { applyJobTransition, insertJob, patchJob } from '#db/postgres/jobs';
import { recordTransfers } from '#db/postgres/ledger';
import { patchNode, upsertNode } from '#db/postgres/nodes';
import { insertWallet } from '#db/postgres/wallets';
import type { Actor } from './types.ts';

let platform: AccountPlatform;
beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
}, 60_000);
afterAll(() => platform.close());

const db = () => platform.deps.postgres.db;
const wallets = () => platform.services.wallet;

interface Someone extends Actor {
  readonly keypair: Keypair;
  /** Their wallet, as the ledger calls it. */
  readonly account: string;
}

async function newSomeone(role: Actor['role'] = 'user'): Promise<Someone> {
  const { id: userId } = await platform.services.accounts.register(newPerson());
  const keypair = Keypair.generate();
  const address = keypair.publicKey.toBase58();
  await insertWallet(db(), { userId, address, kind: 'linked', secretWrapped: null });
  return { userId, role, keypair, account: `wallet:${address}` };
}

async function newJob({ userId, keypair }: Someone): Promise<string> {
  const id = randomUUID();
  await insertJob(db(), {
    ...{ id, userId, requestId: id, workflowId: `job-${id}`, graphJson: '{}', datasetCid: 'bafy', hyperParameters: HYPER_PARAMETERS, deviceClass: 'cpu', deadlineMs: 60_000 },
    ...{ quoteId: randomUUID(), specificationHash: 'h', amountBase: 50n, pricePerHourBase: 1n, requesterAddress: keypair.publicKey.toBase58(), modelKeyWrapped: 'v1.x' },
    deadlineAt: new Date(Date.now() + 60_000),
  });
  return id;
}
const HYPER_PARAMETERS = { epochs: 1, batchSize: 16, learningRate: 0.01, optimizer: 'sgd', seed: 1 };

async function newNode({ userId, keypair }: Someone): Promise<{ nodeId: string; stake: string }> {
  const nodeId = randomUUID();
  const row = { id: nodeId, ownerId: userId, machineId: `machine-${nodeId}`, ownerAddress: keypair.publicKey.toBase58() };
  await upsertNode(db(), { ...row, deviceClass: 'cpu', deviceName: 'CPU', state: 'ACTIVE', pricePerHourBase: 1n });
  await patchNode(db(), nodeId, { account: `node-${nodeId}` });
  return { nodeId, stake: `stake:node-${nodeId}` };
}

/** A job that another person's node did and was paid for, after a first attempt of it was slashed. */
async function paidJob(owner: Someone, provider: Someone) {
  const [jobId, { nodeId, stake }] = [await newJob(owner), await newNode(provider)];
  for (const attempt of [1, 2]) {
    await openAttempt(db(), { jobId, attempt });
    await recordClaim(db(), { jobId, attempt, nodeId });
  }
  const escrow = `escrow:${jobId}`;
  const signatures = { lock: `lock${jobId.slice(0, 8)}`, slash: `slash${jobId.slice(0, 8)}`, release: `release${jobId.slice(0, 8)}` };
  const common = { currency: 'CYXWIZ', jobId } as const;
  await recordTransfers(db(), [
    { ...common, transferKey: `${jobId}/escrow-lock/0`, purpose: 'escrow-lock', from: owner.account, to: escrow, amountBase: 50n, signature: signatures.lock },
    { ...common, transferKey: `${jobId}/slash/1`, purpose: 'slash', from: stake, to: 'insurance', amountBase: 10n, signature: signatures.slash, attempt: 1 },
    { ...common, transferKey: `${jobId}/node-payout/2`, purpose: 'node-payout', from: escrow, to: provider.account, amountBase: 45n, signature: signatures.release, attempt: 2 },
    { ...common, transferKey: `${jobId}/platform-fee/2`, purpose: 'platform-fee', from: escrow, to: 'platform', amountBase: 5n, signature: signatures.release, attempt: 2 },
    // What the transaction cost in SOL is the platform's own affair.
    { ...common, currency: 'SOL', transferKey: `${jobId}/release/2/fee`, purpose: 'fee', from: 'wallet:authority', to: 'network', amountBase: 5_000n, signature: signatures.release, attempt: 2 },
  ]);
  return { jobId, signatures };
}

describe('a transaction', () => {
  const NOT_FOUND = { code: 'NOT_FOUND' };
  const seenBy = async (actor: Actor, signature: string) =>
    (await wallets().transaction(actor, signature)).map(({ purpose, amountBase, canOpenJob }) => [purpose, amountBase, canOpenJob]);

  it('shows whose money or job it is what moved, and nobody else', async () => {
    const [owner, provider, stranger, operator] = [await newSomeone(), await newSomeone('provider'), await newSomeone(), await newSomeone('operator')];
    const { signatures } = await paidJob(owner, provider);
    const { lock, slash, release } = signatures;
    const both = [['node-payout', 45n, true], ['platform-fee', 5n, true]];

    expect(await seenBy(owner, lock)).toEqual([['escrow-lock', 50n, true]]);
    expect(await seenBy(owner, slash)).toEqual([['slash', 10n, true]]);
    expect(await seenBy(owner, release)).toEqual(both);

    await expect(wallets().transaction(provider, lock)).rejects.toMatchObject(NOT_FOUND);
    expect(await seenBy(provider, slash)).toEqual([['slash', 10n, false]]);
    expect(await seenBy(provider, release)).toEqual([['node-payout', 45n, false]]);

    for (const signature of Object.values(signatures)) await expect(wallets().transaction(stranger, signature)).rejects.toMatchObject(NOT_FOUND);
    expect(await seenBy(operator, release)).toEqual(both);
  });

  it('is asked for by its signature, and refused where it is none', async () => {
    const stranger = await newSomeone();
    for (const signature of ['', 'a'.repeat(200), "' OR 1=1", 'nul\u0000', '../x']) {
      await expect(wallets().transaction(stranger, signature), signature).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    await expect(wallets().transaction(stranger, 'nobodyKnowsIt')).rejects.toMatchObject(NOT_FOUND);
  });

  it('says in the wallet’s and the earnings’ lists which jobs one may open', async () => {
    const person = await newSomeone();
    const customer = await newSomeone();
    const own = await paidJob(person, customer);
    const theirs = await paidJob(customer, person);
    const page = { pageSize: 10, pageToken: '' };
    const seen = async (list: 'wallet' | 'earnings') =>
      (await platform.services[list].transfers(person, page)).items.map(({ jobId, canOpenJob }) => [jobId, canOpenJob]);
    expect(await seen('wallet')).toEqual([[theirs.jobId, false], [own.jobId, true]]);
    expect(await seen('earnings')).toEqual([[theirs.jobId, false], [theirs.jobId, false]]);
  });
});

describe('what is bound', () => {
  /** A job that came as far as these events. */
  async function jobAfter(owner: Someone, events: readonly JobEvent[], lockedBase = 0n): Promise<string> {
    const jobId = await newJob(owner);
    for (const [at, event] of events.entries()) await applyJobTransition(db(), { jobId, event, transitionKey: `${event}:${at}` });
    await patchJob(db(), jobId, { escrowAddress: jobId });
    const lock = { transferKey: `${jobId}/escrow-lock/0`, from: owner.account, to: `escrow:${jobId}`, currency: 'CYXWIZ', purpose: 'escrow-lock', signature: 's', jobId, amountBase: lockedBase } as const;
    await recordTransfers(db(), [lock]);
    return jobId;
  }
  async function refund(owner: Someone, jobId: string, amountBase: bigint): Promise<void> {
    const back = { transferKey: `${jobId}/refund/0`, from: `escrow:${jobId}`, to: owner.account, currency: 'CYXWIZ', purpose: 'refund', signature: 's', jobId, amountBase } as const;
    await recordTransfers(db(), [back]);
  }

  it('is every locked escrow by the books: also a retry’s in the queue, and one of an ended job until it is settled', async () => {
    const [owner, other] = [await newSomeone(), await newSomeone()];
    await jobAfter(other, ['submit', 'lockEscrow'], 999n);
    await jobAfter(owner, ['submit']);
    const running = await jobAfter(owner, ['submit', 'lockEscrow', 'assignNode', 'startTraining'], 50n);
    const retry = await jobAfter(owner, ['submit', 'lockEscrow', 'assignNode', 'requeue'], 2n ** 63n);
    const settling = await jobAfter(owner, ['submit', 'lockEscrow', 'cancel'], 7n);
    const refunded = await jobAfter(owner, ['submit', 'lockEscrow', 'cancel'], 70n);
    await refund(owner, refunded, 70n);

    const open = await wallets().openEscrows(owner);
    expect(open.map(({ job, lockedBase }) => [job.jobId, job.state, lockedBase])).toEqual([
      [settling, 'CANCELLED', 7n],
      [retry, 'QUEUED', 2n ** 63n],
      [running, 'RUNNING', 50n],
    ]);
    expect(Date.now() - open[0]!.lockedAt.getTime()).toBeLessThan(60_000);
    expect(await wallets().ties(owner)).toEqual({ openJobs: 3, lockedBase: 2n ** 63n + 57n, stakeBase: 0n, hasWallet: true });

    await refund(owner, settling, 7n);
    expect(await wallets().ties(owner)).toMatchObject({ openJobs: 3, lockedBase: 2n ** 63n + 50n });
  });

  it('is nothing for somebody new', async () => {
    const { id: userId } = await platform.services.accounts.register(newPerson());
    const actor: Actor = { userId, role: 'user' };
    expect(await wallets().openEscrows(actor)).toEqual([]);
    expect(await wallets().ties(actor)).toEqual({ openJobs: 0, lockedBase: 0n, stakeBase: 0n, hasWallet: expect.any(Boolean) as boolean });
    expect(await wallets().logins(actor)).toEqual([]);
  });
});

describe('the balance on chain', () => {
  it('tells what came from outside from what the ledger knows', async () => {
    const owner = await newSomeone();
    const credit = { transferKey: `${owner.userId}/welcome-credit/0`, from: 'mint', to: owner.account, currency: 'CYXWIZ', purpose: 'welcome-credit', signature: 's', amountBase: 5n } as const;
    expect(await wallets().getReconciled(owner)).toMatchObject({ balanceBase: 0n, outsideBase: 0n });
    await platform.fund(owner.keypair, 5n);
    await recordTransfers(db(), [credit]);
    expect(await wallets().getReconciled(owner)).toMatchObject({ balanceBase: 5n, outsideBase: 0n });
    await platform.fund(owner.keypair, 2n);
    expect(await wallets().getReconciled(owner)).toMatchObject({ balanceBase: 7n, outsideBase: 2n });
    await recordTransfers(db(), [{ ...credit, transferKey: `${owner.userId}/ahead/0`, amountBase: 100n }]);
    expect(await wallets().getReconciled(owner)).toMatchObject({ balanceBase: 7n, outsideBase: 0n });
  });

  it('is shown of each wallet that logs its owner in', async () => {
    const owner = await newSomeone();
    const linked = [Keypair.generate(), Keypair.generate()];
    const { walletLogin } = platform.services;
    for (const wallet of linked) await walletLogin.link(owner, signWith(wallet, await walletLogin.linkChallenge(owner)));
    await platform.fund(linked[1]!, 12_500_000_000n);
    expect(await wallets().logins(owner)).toEqual([
      { address: linked[0]!.publicKey.toBase58(), linkedAt: expect.any(Date) as Date, balanceBase: 0n },
      { address: linked[1]!.publicKey.toBase58(), linkedAt: expect.any(Date) as Date, balanceBase: 12_500_000_000n },
    ]);
    expect(await wallets().logins(await newSomeone())).toEqual([]);
  });
});
