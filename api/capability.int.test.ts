import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { goThroughChallenge, showCapability, type ShownCapability } from '#activities/node/challenge';
import { createPlatformClient, type PlatformClient } from '#activities/node/platform-client';
import { factorMatrix, nonceVectors } from '#core/hardware/challenge/maths';
import { answerBlock, plainBlock, plainSolver, type ChallengeSolver } from '#core/hardware/challenge/plain-solver';
import { answerLength } from '#core/hardware/challenge/task';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { MIN_STAKE_BASE } from '#core/money/split';
import { measuredOf } from '#core/node/capability';
import { requireNode, upsertNode } from '#db/postgres/nodes';
import { reportedError } from './client/grpc-call.ts';
import { startGrpcServer, type GrpcServer } from './grpc/server.ts';
import { newPerson, startAccountPlatform, type AccountPlatform } from './testing/account-platform.ts';

/** Six blocks: seconds for the solver in plain TypeScript, milliseconds for TensorFlow. The card's is one block of its own size. */
const SIZES = { cpuMib: 6, cudaShare: 0.001 };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const hardware = { cpus: [{ name: 'C', cores: 2, threads: 4 }], gpus: [{ device_id: 0, name: 'G', vram_mb: 24_564, cuda_version: '12.4' }], ram_total_mb: 16_000 };

let platform: AccountPlatform;
let grpc: GrpcServer;
let client: PlatformClient;

interface Machine {
  readonly machineId: string;
  readonly apiKey: string;
  readonly ownerId: string;
}

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'), (deps) => ({ ...deps, challengeSizes: SIZES }));
  grpc = await startGrpcServer({ services: platform.services, host: '127.0.0.1', port: 0, log: quiet });
  client = createPlatformClient({ grpcUrl: `http://127.0.0.1:${grpc.port}`, reportedError });
});
afterAll(async () => {
  client?.close();
  await grpc?.close();
  await platform?.close();
});

async function newMachine(): Promise<Machine> {
  const { json } = await platform.call('POST', '/api/auth/register', { body: newPerson() });
  const ownerId = (json['user'] as { id: string }).id;
  const registered = await platform.call('POST', '/api/machines/register', { token: String(json['token']), body: { owner_id: ownerId, hostname: 'h', os: 'linux', hardware } });
  return { machineId: String(registered.json['machine_id']), apiKey: String(registered.json['api_key']), ownerId };
}

const show = ({ machineId, apiKey }: Machine, solver: ChallengeSolver, request: { deviceClass?: string; nodeId?: string } = {}): Promise<ShownCapability> =>
  goThroughChallenge(client.machine.challenge, { apiKey, machineId, deviceClass: 'cpu', ...request }, solver);

/** A solver whose answer is changed on its way. */
const answering = (change: (values: Float32Array) => void): ChallengeSolver => ({
  fill: async (task) => {
    const filled = await plainSolver.fill(task);
    return {
      close: filled.close,
      answer: async (nonce) => {
        const values = await filled.answer(nonce);
        change(values);
        return values;
      },
    };
  },
});

/** Computes everything once, so its fill is as fast as anybody's, but keeps half and makes the rest again for the answer. */
const keepsHalf: ChallengeSolver = {
  fill: (task) => {
    const factor = factorMatrix(task);
    const kept = Array.from({ length: task.blocks }, (_, block) => plainBlock(task, factor, block)).slice(0, task.blocks / 2);
    return Promise.resolve({
      close: () => Promise.resolve(),
      answer: (nonce) => {
        const values = new Float32Array(answerLength(task));
        const vectors = nonceVectors(nonce, task.side);
        for (let block = 0; block < task.blocks; block++) answerBlock(task, vectors, kept[block] ?? plainBlock(task, factor, block), values, block);
        return Promise.resolve(values);
      },
    });
  },
};

describe('a challenge', () => {
  it('is passed by a machine that does it all, with TensorFlow or without', async () => {
    const machine = await newMachine();
    expect(await show(machine, plainSolver)).toMatchObject({ passed: true, reason: '', memoryMib: 6 });
    const shown = await showCapability(client.machine.challenge, { ...machine, deviceClass: 'cpu' });
    expect(shown).toMatchObject({ passed: true, memoryMib: 6 });
    expect(shown.gflops).toBeGreaterThan(1);
  });

  it('is not passed by one that kept half and computes the other half again', async () => {
    const shown = await show(await newMachine(), keepsHalf);
    expect(shown).toMatchObject({ passed: false, reason: expect.stringMatching(/the answer took \d+ ms where \d+ are enough/) });
  });

  it('is not passed by a processor that says it is a card', async () => {
    const machine = await newMachine();
    const shown = await showCapability(client.machine.challenge, { ...machine, deviceClass: 'cuda.24g' });
    expect(shown).toMatchObject({ passed: false, reason: expect.stringContaining('too slow for cuda.24g') });
    expect(shown.gflops).toBeLessThan(4_000);
  });

  it('is not passed with values that are wrong, or other than those that were fixed', async () => {
    const machine = await newMachine();
    const wrong = await show(machine, answering((values) => values.fill(0, values.length / 6)));
    expect(wrong).toMatchObject({ passed: false, reason: 'the answer is wrong' });
    const { challenge } = client.machine;
    const { challengeId, task } = await challenge.begin(machine.apiKey, { machineId: machine.machineId, deviceClass: 'cpu', nodeId: '' });
    const filled = await plainSolver.fill(task);
    const { nonce } = await challenge.filled(machine.apiKey, challengeId);
    const right = new Uint8Array((await filled.answer(nonce)).buffer);
    await challenge.commit(machine.apiKey, challengeId, new Uint8Array(32));
    expect(await challenge.reveal(machine.apiKey, challengeId, right)).toMatchObject({ passed: false, reason: expect.stringContaining('digest') });
  });
});

describe('the calls of a challenge', () => {
  const begin = (machine: Machine) => client.machine.challenge.begin(machine.apiKey, { machineId: machine.machineId, deviceClass: 'cpu', nodeId: '' });

  it('come in their order, each once', async () => {
    const machine = await newMachine();
    const port = client.machine.challenge;
    const { challengeId, task } = await begin(machine);
    const digest = new Uint8Array(32);
    await expect(port.commit(machine.apiKey, challengeId, digest)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await expect(port.reveal(machine.apiKey, challengeId, digest)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await port.filled(machine.apiKey, challengeId);
    await expect(port.filled(machine.apiKey, challengeId)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await port.commit(machine.apiKey, challengeId, digest);
    await expect(port.commit(machine.apiKey, challengeId, digest)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    expect(await port.reveal(machine.apiKey, challengeId, new Uint8Array(answerLength(task) * 4))).toMatchObject({ passed: false });
    await expect(port.reveal(machine.apiKey, challengeId, digest)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await expect(port.filled(machine.apiKey, challengeId)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  });

  it('belong to one machine, and expire', async () => {
    const [one, other] = await Promise.all([newMachine(), newMachine()]);
    const port = client.machine.challenge;
    const { challengeId } = await begin(one);
    await expect(port.filled(other.apiKey, challengeId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(port.begin(other.apiKey, { machineId: one.machineId, deviceClass: 'cpu', nodeId: '' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(port.filled('nobody', challengeId)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(port.filled(one.apiKey, randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(port.begin(one.apiKey, { machineId: one.machineId, deviceClass: 'cuda.12g', nodeId: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await platform.deps.postgres.db.execute(sql`UPDATE node_challenges SET issued_at = now() - interval '11 minutes' WHERE id = ${challengeId}`);
    await expect(port.filled(one.apiKey, challengeId)).rejects.toMatchObject({ code: 'STATE_CONFLICT', message: expect.stringContaining('expired') });
  });

  it('can not be begun as often as one likes', async () => {
    const machine = await newMachine();
    for (let times = 0; times < 10; times++) await begin(machine);
    await expect(begin(machine)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('a node', () => {
  async function newNode(challengeDueAt: Date | null, measured: unknown = measuredAs('cpu')): Promise<{ machine: Machine; nodeId: string }> {
    const machine = await newMachine();
    const { machineId, ownerId } = machine;
    const row = { ownerId, machineId, ownerAddress: `a-${machineId}`, deviceClass: 'cpu', deviceName: 'C', state: 'ACTIVE', stakeBase: MIN_STAKE_BASE, pricePerHourBase: 1n, measured, challengeDueAt };
    const { id } = await upsertNode(platform.deps.postgres.db, { id: randomUUID(), ...row });
    return { machine, nodeId: id };
  }
  const hoursFromNow = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);

  async function standing({ machine, nodeId }: { machine: Machine; nodeId: string }): Promise<{ due: boolean; queues: readonly string[] }> {
    const { token, queues } = await client.machine.issueToken(machine.apiKey, machine.machineId, nodeId);
    const { challengeDue } = await client.node({ current: async () => token, renew: async () => token }).heartbeat(nodeId, false);
    return { due: challengeDue, queues };
  }

  it('that is overdue loses its queues until it has shown again what it can do', async () => {
    const node = await newNode(hoursFromNow(1));
    const all = [`node.${node.nodeId}`, 'train.cpu'];
    expect(await standing(node)).toEqual({ due: false, queues: all });
    const due = (at: Date) => platform.deps.postgres.db.execute(sql`UPDATE nodes SET challenge_due_at = ${at.toISOString()} WHERE id = ${node.nodeId}`);
    await due(hoursFromNow(-0.1));
    expect(await standing(node)).toEqual({ due: true, queues: all });
    await due(hoursFromNow(-0.2));
    expect(await standing(node)).toEqual({ due: true, queues: all.slice(0, 1) });

    expect(await show(node.machine, plainSolver, { nodeId: node.nodeId })).toMatchObject({ passed: true });
    expect(await standing(node)).toEqual({ due: false, queues: all });
    const row = await requireNode(platform.deps.postgres.db, node.nodeId);
    expect(measuredOf(row)).toMatchObject({ deviceClass: 'cpu', memoryMib: 6 });
    const inHours = (row.challengeDueAt!.getTime() - Date.now()) / 3_600_000;
    expect(inHours).toBeGreaterThan(11.9);
    expect(inHours).toBeLessThan(36);
  });

  it('can not go through one when it likes, to be asked at no other time', async () => {
    const { machine, nodeId } = await newNode(hoursFromNow(1));
    await expect(client.machine.challenge.begin(machine.apiKey, { machineId: machine.machineId, deviceClass: 'cpu', nodeId })).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  });

  it('that fails loses them at once, and gets them back by passing', async () => {
    const node = await newNode(hoursFromNow(-0.1));
    expect(await show(node.machine, answering((values) => values.fill(0)), { nodeId: node.nodeId })).toMatchObject({ passed: false });
    expect(await standing(node)).toEqual({ due: true, queues: [`node.${node.nodeId}`] });
    expect(await show(node.machine, plainSolver, { nodeId: node.nodeId })).toMatchObject({ passed: true });
    expect(await standing(node)).toMatchObject({ due: false, queues: [`node.${node.nodeId}`, 'train.cpu'] });
  });

  it('shows its own class, on its own machine', async () => {
    const [node, other] = await Promise.all([newNode(null), newMachine()]);
    const port = client.machine.challenge;
    const request = { machineId: node.machine.machineId, deviceClass: 'cpu', nodeId: node.nodeId };
    await expect(port.begin(node.machine.apiKey, { ...request, deviceClass: 'cuda.8g' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(port.begin(other.apiKey, { ...request, machineId: other.machineId })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
