import { randomUUID } from 'node:crypto';
import { Keypair } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import { insertJob } from '#db/postgres/jobs';
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
