import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goThroughChallenge, type ChallengePort } from '#activities/node/challenge';
import { createChain } from '#activities/platform/chain/chain';
import { loadKeypair } from '#activities/platform/chain/keypair';
import { createEscrowActivities } from '#activities/platform/escrow/activities';
import { until } from '#activities/node/testing/fixture';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { createCyxWizClient, type CyxWizClient } from '#api/client/node';
import { plainSolver } from '#core/hardware/challenge/plain-solver';
import { CHALLENGE_GRACE_MS } from '#core/node/capability';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { newJob } from '#api/testing/owned-things';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import { applyJobTransition } from '#db/postgres/jobs';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { jobs } from '#db/postgres/schema';
import { patchNode, requireNode } from '#db/postgres/nodes';
import { insertWallet } from '#db/postgres/wallets';
import { createLocalKms } from '#db/secrets/kms';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { findNodePda } from '#programs/clients/ts/pda';
import { temporaryStack, type TemporaryStack } from '#scripts/test/temporary-stack';
import { readKmsKey } from '#workers/process';
import { auditLedger } from './audit.ts';
import type { Actor } from './types.ts';

// The platform's own worker runs the workflows here, on a real Temporal server, and the chain is the localnet.

let stack: TemporaryStack;
let platform: AccountPlatform;
let provider: Person;
let nodeId: string;
let machineId: string;

interface Person {
  readonly actor: Actor;
  readonly token: string;
  readonly client: CyxWizClient;
}

beforeAll(async () => {
  stack = await temporaryStack(['postgres', 'mongo', 'temporal', 'localnet', 'storage', 'platform']);
  platform = await startAccountPlatform(stack.stack.env);
  provider = await newcomer();
  ({ nodeId, machineId } = await registeredNode(provider));
}, 240_000);
afterAll(async () => {
  provider?.client.close();
  await platform?.close();
  await stack?.remove();
});

const services = () => platform.services;
const db = () => platform.deps.postgres.db;
const chain = () => createChain({ rpcUrl: stack.stack.config.solanaRpcUrl, authority: loadKeypair(join(stack.stack.config.keysDir, 'platform-authority.json')) });
const onChain = async () => (await chain().node(findNodePda(uuidToBytes(nodeId)).address))!;
/** Somebody with a wallet that holds the welcome credit. */
async function newcomer(): Promise<Person> {
  const { json } = await platform.call('POST', '/api/auth/register', { body: newPerson() });
  const token = json['token'] as string;
  const actor: Actor = { userId: (json['user'] as { id: string }).id, role: 'user' };
  const client = createCyxWizClient({ httpUrl: platform.url, grpcUrl: '127.0.0.1:1', storageUrl: stack.stack.config.storageUrl, token });
  await until('the welcome credit', async () => ((await client.wallet())?.balanceBase ?? 0n) >= cyx('1000'), 60_000);
  return { actor, token, client };
}

async function registeredNode({ actor }: Person): Promise<{ nodeId: string; machineId: string; apiKey: string }> {
  const hardware = { cpus: [{ name: 'Test CPU', cores: 2, threads: 4 }], gpus: [], ramTotalMb: 16_000 };
  const machine = await services().machines.register(actor, { ownerId: actor.userId, hostname: 'h', os: 'linux', hardware });
  const { beginChallenge, reportFilled, commitAnswer, revealAnswer } = services().serverNodes;
  const challenge: ChallengePort = {
    begin: (_key, request) => beginChallenge(actor, request),
    filled: (_key, challengeId) => reportFilled(actor, { challengeId }),
    commit: (_key, challengeId, digest) => commitAnswer(actor, { challengeId, digest }),
    reveal: async (_key, challengeId, values) => {
      const { passed, reason, measured } = await revealAnswer(actor, { challengeId, values });
      return { passed, reason, ...measured };
    },
  };
  await goThroughChallenge(challenge, { apiKey: machine.apiKey, machineId: machine.machineId, deviceClass: 'cpu' }, plainSolver);
  const input = { machineId: machine.machineId, deviceClass: 'cpu', hardware, pricePerHourBase: cyx('300'), stakeBase: cyx('100'), samplesPerSecond: 1, instructionSet: 'avx2' };
  const node = await services().serverNodes.register(actor, input);
  return { nodeId: node.nodeId, ...machine };
}

/** A job of somebody else's that this node let run out of time. */
async function slash(): Promise<string> {
  const customer = await newcomer();
  const wallet = (await customer.client.wallet())!;
  customer.client.close();
  const jobId = await newJob(platform.deps, customer.actor.userId);
  await db().update(jobs).set({ requesterAddress: wallet.address, amountBase: cyx('50'), pricePerHourBase: cyx('300'), deadlineAt: new Date(Date.now() + 600_000) }).where(eq(jobs.id, jobId));
  const escrow = createEscrowActivities({ db: db(), kms: createLocalKms(readKmsKey(stack.stack.config)), chain: chain() });
  await applyJobTransition(db(), { jobId, event: 'submit', transitionKey: 'submit:0' });
  await escrow.lockEscrow({ jobId });
  await applyJobTransition(db(), { jobId, event: 'lockEscrow', transitionKey: 'lock:1' });
  await openAttempt(db(), { jobId, attempt: 1 });
  await recordClaim(db(), { jobId, attempt: 1, nodeId });
  expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: true });
  expect((await services().nodes.getMine(provider.actor, nodeId)).jobs).toEqual([{ jobId, attempt: 1 }]);
  await closeWithOutcome(db(), { jobId, attempt: 1, outcome: 'timeout', reason: 'The node was silent' });
  await escrow.failAttempt({ jobId, attempt: 1, outcome: 'timeout', reason: 'The node was silent' });
  await escrow.refundEscrow({ jobId });
  await applyJobTransition(db(), { jobId, event: 'fail', transitionKey: 'fail', patch: { endReason: 'ATTEMPTS_EXHAUSTED' } });
  return jobId;
}

describe('a node’s flags', () => {
  it('of pausing are those of the device that it runs on', async () => {
    await services().nodes.setPaused(provider.actor, nodeId, true);
    expect(await services().nodes.getMine(provider.actor, nodeId)).toMatchObject({ paused: true, draining: false });
    const [machine] = await services().machines.list(provider.actor, provider.actor.userId);
    expect(machine!.computeUnits[0]).toMatchObject({ paused: true });
    await services().machines.setUnitStatus(provider.actor, machine!.computeUnits[0]!.unitId, 'active');
    expect(await services().nodes.getMine(provider.actor, nodeId)).toMatchObject({ paused: false });
  });

  it('of maintenance and draining are apart: the end of one does not end the other', async () => {
    const identity = { kind: 'node', nodeId, ownerId: provider.actor.userId, machineId, queues: [], expiresAtMs: Date.now() + 60_000 } as const;
    const drains = async (): Promise<boolean> => (await services().serverNodes.heartbeat(identity, nodeId)).draining;
    expect(await drains()).toBe(false);
    await services().serverNodes.setDraining(provider.actor, nodeId, true);
    await services().machines.setMaintenance(provider.actor, machineId, true);
    expect(await services().nodes.getMine(provider.actor, nodeId)).toMatchObject({ draining: true, maintenance: true });
    await services().machines.setMaintenance(provider.actor, machineId, false);
    expect(await services().nodes.getMine(provider.actor, nodeId)).toMatchObject({ draining: true, maintenance: false });
    expect(await drains()).toBe(true);

    await services().machines.setMaintenance(provider.actor, machineId, true);
    await services().serverNodes.setDraining(provider.actor, nodeId, false);
    expect(await services().nodes.getMine(provider.actor, nodeId)).toMatchObject({ draining: false, maintenance: true });
    expect(await drains()).toBe(true);
    await services().machines.setMaintenance(provider.actor, machineId, false);
    expect(await drains()).toBe(false);
  });

  it('say whether it has shown what it can do, and whether anybody would verify it', async () => {
    // Only the platform's workers run here: there is no verifier.
    expect(await provider.client.nodes.status(nodeId)).toMatchObject({ capability: 'shown', isVerifiable: false });
    const { challengeDueAt } = await requireNode(db(), nodeId);
    await patchNode(db(), nodeId, { challengeDueAt: new Date(Date.now() - CHALLENGE_GRACE_MS - 1_000) });
    expect(await provider.client.nodes.listMine()).toMatchObject([{ nodeId, capability: 'overdue', isVerifiable: false }]);
    await patchNode(db(), nodeId, { challengeDueAt });
    expect((await provider.client.nodes.status(nodeId)).capability).toBe('shown');
  });

  it('are for its own machine to set, and for no other', async () => {
    const other = await newcomer();
    const neighbour = await registeredNode(other);
    const [own, stranger] = [{ machineId, ownerId: provider.actor.userId }, { machineId: neighbour.machineId, ownerId: other.actor.userId }];
    await services().serverNodes.setDraining(own, nodeId, false);
    const calls = [
      () => services().nodes.getMine(stranger, nodeId),
      () => services().nodes.slashes(stranger, nodeId),
      () => services().nodes.earnings(stranger, nodeId),
      () => services().nodes.setPaused(stranger, nodeId, true),
      () => services().serverNodes.setDraining(stranger, nodeId, true),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const byKey = createCyxWizClient({ httpUrl: platform.url, grpcUrl: '127.0.0.1:1', storageUrl: 'http://127.0.0.1:1', token: neighbour.apiKey });
    expect(await byKey.nodes.status(neighbour.nodeId)).toMatchObject({ nodeId: neighbour.nodeId, stakeBase: cyx('100'), jobs: [] });
    await expect(byKey.nodes.status(nodeId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(byKey.nodes.beginUnstaking(neighbour.nodeId)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    byKey.close();
    other.client.close();
  });
});

describe('a node’s stake', () => {
  it('is told with its evidence where it was slashed, and topped up once for one request', async () => {
    const jobId = await slash();
    const [slashed, ...more] = await provider.client.nodes.slashes(nodeId);
    expect(more).toEqual([]);
    expect(slashed).toMatchObject({ jobId, attempt: 1, outcome: 'timeout', reason: 'The node was silent', amountBase: cyx('10'), percent: 10 });
    // What was told is what stands on chain.
    expect(JSON.parse(slashed!.evidence!)).toMatchObject({ format: 'cyxwiz-evidence/1', jobId, attempt: 1, outcome: 'timeout' });
    expect(createHash('sha256').update(slashed!.evidence!).digest('hex')).toBe(slashed!.evidenceHashHex);
    expect(Buffer.from((await onChain()).lastEvidence).toString('hex')).toBe(slashed!.evidenceHashHex);
    expect(await provider.client.nodes.status(nodeId)).toMatchObject({ state: 'SLASHED', stakeBase: cyx('90') });

    const requestId = randomUUID();
    const before = (await provider.client.wallet())!.balanceBase;
    const added = await Promise.all([1, 2].map(() => provider.client.nodes.topUpStake(nodeId, { requestId, amountBase: cyx('10') })));
    expect(added[0]).toMatchObject({ amountBase: cyx('10'), stakeBase: cyx('100') });
    expect(added[1]).toEqual(added[0]);
    expect(await provider.client.nodes.topUpStake(nodeId, { requestId, amountBase: cyx('10') })).toEqual(added[0]);
    expect(before - (await provider.client.wallet())!.balanceBase).toBe(cyx('10'));
    await expect(provider.client.nodes.topUpStake(nodeId, { requestId, amountBase: cyx('11') })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(provider.client.nodes.topUpStake(nodeId, { requestId: randomUUID(), amountBase: cyx('100000') })).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect(await provider.client.nodes.status(nodeId)).toMatchObject({ state: 'ACTIVE', stakeBase: cyx('100') });
  }, 120_000);

  it('is locked once, however often that is asked, and unlocked again', async () => {
    const { nodes: own } = provider.client;
    await expect(own.cancelUnstaking(nodeId)).rejects.toMatchObject({ code: 'STATE_CONFLICT', message: expect.stringContaining('not unstaking') });
    const [first, second] = await Promise.all([own.beginUnstaking(nodeId), own.beginUnstaking(nodeId)]);
    expect(first).toMatchObject({ step: 'locked', stakeBase: cyx('100'), openJobs: 0 });
    expect(second).toEqual(first);
    const days = (first.availableAt!.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.99);
    expect(days).toBeLessThan(7.01);
    expect(await own.status(nodeId)).toMatchObject({ unstaking: true, unstakeAvailableAt: expect.any(Date) });
    await expect(own.topUpStake(nodeId, { requestId: randomUUID(), amountBase: cyx('1') })).rejects.toMatchObject({ code: 'STATE_CONFLICT' });

    expect(await own.cancelUnstaking(nodeId)).toMatchObject({ step: 'cancelled' });
    expect(await own.status(nodeId)).toMatchObject({ unstaking: false, unstakeAvailableAt: null, stakeBase: cyx('100') });
    expect((await onChain()).unstakeAt).toBe(0n);
    await expect(own.cancelUnstaking(nodeId)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  }, 120_000);

  it('of somebody who keeps their own keys is theirs to move, which is said plainly', async () => {
    const keeper = await newcomer();
    const { nodeId: theirs } = await registeredNode(keeper);
    const address = `own-${randomUUID()}`;
    await insertWallet(db(), { userId: randomUUID(), address, kind: 'linked', secretWrapped: null });
    await patchNode(db(), theirs, { ownerAddress: address });
    for (const call of [() => keeper.client.nodes.beginUnstaking(theirs), () => keeper.client.nodes.topUpStake(theirs, { requestId: 'r', amountBase: 1n })]) {
      await expect(call()).rejects.toMatchObject({ code: 'STATE_CONFLICT', message: expect.stringContaining(`wallet ${address}, whose key only you have`) });
    }
    await expect(keeper.client.nodes.beginUnstaking(nodeId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    keeper.client.close();
  });

  it('is right in the books', async () => {
    expect(await auditLedger(db(), chain().connection)).toMatchObject({ ok: true, problems: [] });
  });
});
