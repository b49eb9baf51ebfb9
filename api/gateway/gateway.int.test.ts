import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { freePorts } from '#scripts/stack/free-ports';
import { openDataConverter } from '#temporal/codec/data-converter';
import { newPayloadKey, openPayloadKeyring } from '#temporal/codec/keyring';
import { createPayloadBytesCodec } from '#temporal/codec/payload-codec';
import { createTokens, type Tokens } from '../auth/tokens.ts';
import { startGateway } from './server.ts';
import { startTestTemporal, type TestTemporal } from './testing/temporal-server.ts';
import type { ProbeActivities } from './testing/workflows.ts';
import type { Gateway, GatewayOptions } from './types.ts';
import { nodeTokenVerifier } from './verify-node-token.ts';

const NODE = 'node-a';
const CAPABILITY_QUEUE = 'train.cpu';
const PLATFORM_QUEUE = 'gateway-test-platform';
const log = { info: () => undefined, warn: () => undefined };

let temporal: TestTemporal;
let gateway: Gateway;
let tokens: Tokens;
let dir: string;
let payloads: GatewayOptions['payloads'];
let client: Client;
let direct: NativeConnection;
let platform: Worker;
let platformEnded: Promise<void>;

async function testTokens(): Promise<Tokens> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return createTokens({ ...(await exportJWK(privateKey)), kid: 'test' });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gateway-'));
  const [port] = await freePorts(1);
  temporal = await startTestTemporal(inject('tools').temporal, port!);
  tokens = await testTokens();
  const { id, secret } = newPayloadKey();
  const keysFile = join(dir, 'payload-codec.json');
  writeFileSync(keysFile, JSON.stringify({ active: id, keys: { [id]: secret } }));
  payloads = createPayloadBytesCodec(openPayloadKeyring(keysFile), { plain: 'refuse' });
  const dataConverter = openDataConverter({ keysFile, plain: 'refuse' });
  gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: { address: temporal.address, namespace: 'default' },
    payloads,
    verifyNodeToken: nodeTokenVerifier(tokens),
    sealKeysFile: join(dir, 'seal.json'),
    log,
  });
  client = new Client({ connection: await Connection.connect({ address: temporal.address }), dataConverter });
  direct = await NativeConnection.connect({ address: temporal.address });
  platform = await Worker.create({
    connection: direct,
    taskQueue: PLATFORM_QUEUE,
    dataConverter,
    workflowsPath: fileURLToPath(new URL('./testing/workflows.ts', import.meta.url)),
  });
  platformEnded = platform.run();
});

afterAll(async () => {
  platform.shutdown();
  await platformEnded;
  await direct.close();
  await client.connection.close();
  await gateway.close();
  await temporal.stop();
  rmSync(dir, { recursive: true });
});

/** In all that a workflow and a node say to each other in the test below, and nowhere else. */
const CANARY = 'canary-4b1d';
const seenByNode: unknown[] = [];

const activities: ProbeActivities = {
  claimJob: () => Promise.resolve({ nodeId: NODE }),
  startTraining: (input) => {
    seenByNode.push(input);
    return Promise.resolve({ resumedFromStep: 0 });
  },
  async awaitTraining({ jobId, beats }) {
    const context = Context.current();
    if (beats === 0) {
      seenByNode.push(context.info.heartbeatDetails);
      if (context.info.attempt === 2) throw ApplicationFailure.create({ message: `${jobId} failed`, type: 'TRAINING_FAILED', nonRetryable: true, details: [{ jobId }], cause: new Error(`${jobId} because`) });
      context.heartbeat({ jobId });
      throw new Error(`${jobId} stumbled`);
    }
    for (let beat = 0; beat < beats; beat += 1) {
      context.heartbeat({ beat });
      await context.sleep(200);
    }
    return { beats };
  },
};

/** All byte fields of a message as text: JSON has them in base64. */
function everyBytesOf(value: unknown): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(everyBytesOf) : [];
}

/** Runs an unmodified SDK worker pair through the gateway for as long as `body` takes. */
async function withNode<T>(body: () => Promise<T>): Promise<T> {
  const queues = [CAPABILITY_QUEUE, `node.${NODE}`];
  const { token } = await tokens.issueNodeToken({ nodeId: NODE, ownerId: 'owner', machineId: 'machine', queues });
  const connection = await NativeConnection.connect({ address: `127.0.0.1:${gateway.port}`, apiKey: token, tls: false });
  const workers = await Promise.all(
    queues.map((taskQueue) => Worker.create({ connection, taskQueue, activities, maxHeartbeatThrottleInterval: '1 s' })),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    return await body();
  } finally {
    for (const worker of workers) worker.shutdown();
    await running;
    await connection.close();
  }
}

it('waits out an expired token and goes on with a fresh one, without a new worker', async () => {
  let good = 'first';
  const own = await startGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: { address: temporal.address, namespace: 'default' },
    payloads,
    verifyNodeToken(token) {
      if (token !== good) throw new CyxError('TOKEN_EXPIRED', 'over');
      return { nodeId: NODE, queues: [`node.${NODE}`, CAPABILITY_QUEUE] };
    },
    sealKeysFile: join(dir, 'seal-2.json'),
    log,
  });
  const connection = await NativeConnection.connect({ address: `127.0.0.1:${own.port}`, apiKey: 'first', tls: false });
  const workers = await Promise.all([CAPABILITY_QUEUE, `node.${NODE}`].map((taskQueue) => Worker.create({ connection, taskQueue, activities })));
  const running = Promise.all(workers.map((worker) => worker.run()));
  good = 'second';
  const handle = await client.workflow.start('probeJobWorkflow', {
    taskQueue: PLATFORM_QUEUE,
    workflowId: 'probe-refresh',
    args: [{ jobId: 'refresh', capabilityQueue: CAPABILITY_QUEUE, beats: 30 }],
  });
  // The polls that were under way bring the claim; its answer has to wait for the fresh token.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(workers.map((worker) => worker.getState())).toEqual(['RUNNING', 'RUNNING']);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await connection.setApiKey('second');
  expect(await handle.result()).toBe('done after 30');
  for (const worker of workers) worker.shutdown();
  await running;
  await connection.close();
  await own.close();
});

describe('an unmodified SDK worker behind the gateway', () => {
  const start = (jobId: string, beats: number) =>
    client.workflow.start('probeJobWorkflow', {
      taskQueue: PLATFORM_QUEUE,
      workflowId: `probe-${jobId}`,
      args: [{ jobId, capabilityQueue: CAPABILITY_QUEUE, beats }],
    });

  it('claims, starts and awaits a job', async () => {
    expect(await withNode<unknown>(async () => (await start('one', 10)).result() as Promise<unknown>)).toBe('done after 10');
  });

  it('reads and writes plain values of which the server learns nothing', async () => {
    const handle = await start(CANARY, 0);
    const failure: unknown = await withNode(() =>
      handle.result().then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    const cause = (failure as Error).cause as Error;
    expect(cause.cause).toMatchObject({ type: 'TRAINING_FAILED', message: `${CANARY} failed`, details: [{ jobId: CANARY }], cause: { message: `${CANARY} because` } });
    expect((cause.cause as Error).stack).toContain('gateway.int.test.ts');
    // Its heartbeat came back to the second attempt as it was.
    expect(seenByNode.slice(-3)).toEqual([{ jobId: CANARY }, undefined, { jobId: CANARY }]);

    const history = await handle.fetchHistory();
    const everything = [historyToJSON(history), ...everyBytesOf(history)].join('\n').replaceAll(`probe-${CANARY}`, '');
    expect(everything).toContain('binary/encrypted');
    expect(everything).toContain('Encoded failure');
    for (const word of [CANARY, 'stumbled', 'because', 'gateway.int.test']) expect(everything).not.toContain(word);
  });

  it('is told of a cancellation through its heartbeats', async () => {
    const outcome = await withNode(async () => {
      const handle = await start('two', 500);
      for (let tries = 0; tries < 100; tries += 1) {
        const { raw } = await handle.describe();
        if (raw.pendingActivities?.some((activity) => activity.activityType?.name === 'awaitTraining')) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const askedAtMs = Date.now();
      await handle.cancel();
      return { result: (await handle.result()) as unknown, tookMs: Date.now() - askedAtMs };
    });
    expect(outcome.result).toBe('cancelled');
    expect(outcome.tookMs).toBeLessThan(5_000);
  });
});
