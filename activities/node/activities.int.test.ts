import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startGateway } from '#api/gateway/server';
import { plainPayloads } from '#api/gateway/testing/payloads';
import { startTestTemporal, type TestTemporal } from '#api/gateway/testing/temporal-server';
import type { Gateway } from '#api/gateway/types';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { startStorageServer } from '#cyxcloud/gateway/server';
import { CHILD_FILES } from '#engine/node/child-contract';
import { freePorts } from '#scripts/stack/free-ports';
import { createNodeActivities } from './activities.ts';
import { RUN_FILES } from './run-dir.ts';
import { createNodeSlot, type NodeSlot } from './slot.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { fixtureCommand, fixtureSpec, until } from './testing/fixture.ts';
import { RecordingPlatform } from './testing/recording-platform.ts';
import { createNodeFleet } from './workers.ts';

const NODE = 'node-1';
const QUEUES = [`node.${NODE}`, 'train.cpu'];
const PLATFORM_QUEUE = 'node-test-platform';
const log = { info: () => undefined, warn: () => undefined };

let dir: string;
let temporal: TestTemporal;
let gateway: Gateway;
let storage: Awaited<ReturnType<typeof startStorageServer>>;
let cloud: CyxCloudClient;
let client: Client;
let direct: NativeConnection;
let platformWorker: Worker;
let platformEnded: Promise<void>;
let dataset: { cid: string; key: Uint8Array };
const modelKey = new Uint8Array(randomBytes(32));

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'node-'));
  const [port] = await freePorts(1);
  temporal = await startTestTemporal(inject('tools').temporal, port!);
  storage = await startStorageServer({
    dataDir: join(dir, 'storage'),
    host: '127.0.0.1',
    port: 0,
    authenticate: () => Promise.resolve({ subject: 'tester', role: 'user' }),
    maxObjectBytes: 10_000_000,
    log: () => undefined,
  });
  cloud = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any') });
  dataset = await cloud.put(new TextEncoder().encode('the digits'));
  gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: { address: temporal.address, namespace: 'default' },
    payloads: plainPayloads,
    verifyNodeToken: () => ({ nodeId: NODE, queues: QUEUES }),
    sealKeysFile: join(dir, 'seal.json'),
    log,
  });
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
  direct = await NativeConnection.connect({ address: temporal.address });
  platformWorker = await Worker.create({
    connection: direct,
    taskQueue: PLATFORM_QUEUE,
    workflowsPath: fileURLToPath(new URL('./testing/workflows.ts', import.meta.url)),
  });
  platformEnded = platformWorker.run();
});

afterAll(async () => {
  platformWorker.shutdown();
  await platformEnded;
  await direct.close();
  await client.connection.close();
  await gateway.close();
  await storage.close();
  await temporal.stop();
  rmSync(dir, { recursive: true });
});

interface TestNode {
  readonly slot: NodeSlot;
  readonly supervisor: Supervisor;
  stop(): Promise<void>;
}

let platform: RecordingPlatform;
let root: string;
let node: TestNode;

function leases(steps: number, behaviour?: 'train' | 'crash' | 'diverge') {
  const { graphJson, hyperParameters, checkpointEverySteps } = fixtureSpec(steps, behaviour);
  const hyperParametersJson = JSON.stringify(hyperParameters);
  return () => ({ graphJson, hyperParametersJson, datasetCid: dataset.cid, datasetKey: dataset.key, modelKey, storageUrl: storage.url, checkpointEverySteps });
}

async function startNode(claimWithoutStartMs?: number): Promise<TestNode> {
  const supervisor = createSupervisor({ root, command: fixtureCommand });
  const slot = createNodeSlot(claimWithoutStartMs === undefined ? {} : { claimWithoutStartMs });
  const settings = { nodeId: NODE, deviceClasses: ['cpu'], pricePerHourBase: 300n, workDir: dir, minFreeDiskBytes: 1 };
  const activities = createNodeActivities({ settings, platform, storageAt: () => cloud, supervisor, slot, log });
  const connection = await NativeConnection.connect({ address: `127.0.0.1:${gateway.port}`, apiKey: 'any', tls: false });
  const fleet = createNodeFleet({ connection, namespace: 'default', nodeId: NODE, slot, activities, log });
  await fleet.setQueues(QUEUES);
  return {
    slot,
    supervisor,
    async stop() {
      await fleet.stop();
      await connection.close();
    },
  };
}

const submit = (jobId: string, extra: { priceBase?: string; stopAfterClaim?: boolean } = {}) =>
  client.workflow.start('nodePartWorkflow', {
    taskQueue: PLATFORM_QUEUE,
    workflowId: `job-${jobId}`,
    args: [{ jobId, attempt: 1, priceBase: '300', ...extra }],
  });

beforeEach(async () => {
  root = mkdtempSync(join(dir, 'runs-'));
  platform = new RecordingPlatform(leases(20));
  node = await startNode();
});
afterEach(async () => {
  await node.stop();
  for (const key of node.supervisor.live()) await node.supervisor.stop(key);
});

describe('a whole run through the gateway', () => {
  it('fetches, trains, tells every step once and in order, and delivers the model under the key of the lease', async () => {
    const jobId = randomUUID();
    expect(await (await submit(jobId)).result()).toBe('reported');
    expect(platform.progress.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(platform.completions).toHaveLength(1);
    const model = await cloud.getBytes(platform.completions[0]!.modelCid, modelKey);
    expect(new TextDecoder().decode(model)).toBe('model after 20 steps');
    expect(existsSync(join(root, jobId, '1', RUN_FILES.dataset))).toBe(false);
    expect(node.slot.holder()).toBeUndefined();
  });

  it('hands the decrypted dataset to the trainer', async () => {
    const jobId = randomUUID();
    platform.leaseOf = leases(200);
    const handle = await submit(jobId);
    await until('a step', () => platform.progress.length > 0);
    expect(readFileSync(join(root, jobId, '1', RUN_FILES.dataset), 'utf8')).toBe('the digits');
    await handle.cancel();
    await handle.result();
  });

  it('fails for good and frees the slot where the training diverged', async () => {
    platform.leaseOf = leases(20, 'diverge');
    await expect((await submit(randomUUID())).result()).rejects.toMatchObject({ cause: { cause: { type: 'TRAINING_DIVERGED' } } });
    await until('the slot', () => node.slot.holder() === undefined);
  });

  it('ends the process with the heartbeat after a cancellation', async () => {
    platform.leaseOf = leases(2_000);
    const handle = await submit(randomUUID());
    await until('a step', () => platform.progress.length > 0);
    const askedAtMs = Date.now();
    await handle.cancel();
    await until('the end', () => node.supervisor.live().length === 0);
    const tookMs = Date.now() - askedAtMs;
    expect(await handle.result()).toBe('cancelled');
    // The news travels with the next heartbeat: every 2 s at most.
    expect(tookMs).toBeLessThan(3_500);
    expect(node.slot.holder()).toBeUndefined();
  });
});

describe('the one slot', () => {
  it('lets a busy node claim nothing: not one of five more offers', async () => {
    platform.leaseOf = leases(2_000);
    const first = await submit(randomUUID());
    await until('a step', () => platform.progress.length > 0);
    const others = await Promise.all(Array.from({ length: 5 }, () => submit(randomUUID(), { stopAfterClaim: true })));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(platform.claims).toHaveLength(1);
    await first.cancel();
    await first.result();
    await until('the next claim', () => platform.claims.length > 1);
    // Whichever of them has the slot now has ended by itself.
    for (const other of others) await other.terminate().catch(() => undefined);
  });

  it('is free again when a claim is not followed up', async () => {
    await node.stop();
    node = await startNode(500);
    expect(await (await submit(randomUUID(), { stopAfterClaim: true })).result()).toBe('claimed');
    await until('the slot', () => node.slot.holder() === undefined);
    expect(await (await submit(randomUUID())).result()).toBe('reported');
  });

  it('is kept after a refusal, which is recorded with its reason', async () => {
    const handle = await submit(randomUUID(), { priceBase: '299' });
    await until('a refusal', () => platform.claims.length > 0);
    expect(platform.claims[0]!.refusal).toBe('this node asks for more than the quote allows');
    expect(node.slot.holder()).toBeUndefined();
    await handle.terminate();
  });
});

describe('while things break', () => {
  it.each(['UNAVAILABLE', 'RATE_LIMITED'] as const)('keeps progress while the platform answers %s and tells it afterwards, in order and complete', async (code) => {
    platform.leaseOf = leases(60);
    const handle = await submit(randomUUID());
    await until('a step', () => platform.progress.length > 3);
    platform.failWith = code;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    platform.failWith = undefined;
    expect(await handle.result()).toBe('reported');
    expect(platform.progress.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it('ends a training whose lease is over, keeps its checkpoint, and is free for the next job', async () => {
    const jobId = randomUUID();
    platform.leaseOf = leases(2_000);
    const handle = await submit(jobId);
    await until('a step', () => platform.progress.length > 3);
    platform.failWith = 'FENCED';
    await expect(handle.result()).rejects.toMatchObject({ cause: { cause: { type: 'FENCED' } } });
    expect(node.supervisor.live()).toEqual([]);
    expect([CHILD_FILES.checkpoint, RUN_FILES.dataset].map((name) => existsSync(join(root, jobId, '1', name)))).toEqual([true, false]);
    platform.failWith = undefined;
    platform.leaseOf = leases(5);
    expect(await (await submit(randomUUID())).result()).toBe('reported');
  });

  it('does not start a training again that an orderly shutdown has just suspended', async () => {
    platform.leaseOf = leases(400);
    const handle = await submit(randomUUID());
    await until('a step', () => platform.progress.length > 3);
    // The activities are still at work while the process ends: that is the moment in question.
    await node.supervisor.suspendAll();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(node.supervisor.live()).toEqual([]);
    await handle.terminate();
  });

  it('goes on training while its worker restarts, and the new worker delivers', async () => {
    const jobId = randomUUID();
    platform.leaseOf = leases(150);
    const handle = await submit(jobId);
    await until('a step', () => platform.progress.length > 3);
    const pid = (): string => readFileSync(join(root, jobId, '1', RUN_FILES.process), 'utf8');
    const before = pid();
    await node.stop();
    expect(node.supervisor.live()).toHaveLength(1);
    node = await startNode();
    expect(await handle.result()).toBe('reported');
    expect(pid()).toBe(before);
    expect(new Set(platform.progress.map(({ sequence }) => sequence)).size).toBe(150);
    expect(platform.completions).toHaveLength(1);
  });
});
