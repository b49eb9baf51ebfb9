import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '#activities/node/testing/fixture';
import { createCyxWizClient, type CyxWizClient } from '#api/client/node';
import { parseConfig } from '#core/config/config';
import { parseCyxwiz } from '#core/money/amount';
import { measuredOf, standingOf } from '#core/node/capability';
import { connectPostgres } from '#db/postgres/connect';
import { patchNode, requireNode } from '#db/postgres/nodes';
import { encodeDataset, selectSamples } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { startStack, type Stack } from '#scripts/stack/start-stack';

const SAMPLES = 1_000;
const deadlineMs = 10 * 60_000;
const graphJson = readFileSync(new URL('../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');

let home: string;
let stack: Stack;
let client: CyxWizClient;
let datasetCid: string;

/** Our own workers on the shared servers, with a node that makes itself a provider. */
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'node-worker-'));
  const shared = inject('stackEnv');
  const config = parseConfig({ ...shared, CYXWIZ_HOME: home });
  const env = { ...process.env, CYXWIZ_NODE_AUTO: '1' };
  stack = await startStack({ config, env, log: () => undefined, only: ['api', 'platform', 'verifier', 'node'] });
  client = createCyxWizClient({ httpUrl: config.publicUrls.web, grpcUrl: config.publicUrls.grpc, storageUrl: config.storageUrl });
  const name = `u${randomUUID().slice(0, 8)}`;
  await client.auth.register({ email: `${name}@example.com`, username: name, password: randomUUID() });
  await until('the welcome credit', async () => ((await client.wallet())?.balanceBase ?? 0n) >= parseCyxwiz('100'), 60_000);
  datasetCid = await storeDigits();
}, 240_000);

afterAll(async () => {
  client?.close();
  await stack?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function storeDigits(): Promise<string> {
  const { training, heldOut } = await loadDigits();
  const first = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const { cid } = await client.data.put({
    train: encodeDataset(selectSamples(training, first(SAMPLES))),
    heldOut: encodeDataset(selectSamples(heldOut, first(200))),
    meta: { name: 'digits', samples: SAMPLES, heldOutSamples: 200, sampleShape: [28, 28, 1], classes: 10 },
  });
  return cid;
}

async function submit(epochs: number): Promise<string> {
  const hyperParameters = { epochs, batchSize: 64, learningRate: 0.002 };
  const specification = { graphJson, datasetCid, hyperParameters, deviceClass: 'cpu', deadlineMs };
  const quote = await client.quote(specification);
  const { jobId } = await client.submit({ requestId: randomUUID(), quoteId: quote.quoteId, specification, budgetBase: quote.amountBase });
  return jobId;
}

const stateOf = async (jobId: string): Promise<string> => (await client.status(jobId)).state;
const runsDir = (): string => join(home, 'node', 'runs');
const childOf = (jobId: string): string => readFileSync(join(runsDir(), jobId, '1', 'process.json'), 'utf8');

describe('a Server Node in the embedded stack', () => {
  it('registered itself once and keeps its secrets to itself', () => {
    const file = (name: string): string => join(home, 'node', name);
    const config = JSON.parse(readFileSync(file('config.json'), 'utf8')) as { nodeId: string };
    expect(stack.services.get('node')!.facts()).toMatchObject({ nodeId: config.nodeId, deviceClass: 'cpu' });
    expect(['config.json', 'provider.json'].map((name) => statSync(file(name)).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it('does a paid job from claim to payment', async () => {
    const jobId = await submit(2);
    await until('the end of the job', async () => ['COMPLETED', 'FAILED'].includes(await stateOf(jobId)), 120_000);
    expect(await stateOf(jobId)).toBe('COMPLETED');
    expect(readdirSync(join(runsDir(), jobId, '1'))).not.toContain('dataset.safetensors');
  }, 150_000);

  it('shows again what it can do when that is due, and has its queues again', async () => {
    const { nodeId } = stack.services.get('node')!.facts() as { nodeId: string };
    const postgres = connectPostgres({ url: stack.config.databaseUrl, onError: () => undefined });
    const node = () => requireNode(postgres.db, nodeId);
    try {
      const before = await node();
      expect([measuredOf(before)?.memoryMib, before.instructionSet]).toEqual([stack.config.challengeCpuMib, expect.stringMatching(/./)]);
      await patchNode(postgres.db, nodeId, { measured: null, challengeDueAt: new Date(0) });
      expect(standingOf(await node(), Date.now())).toBe('unshown');
      await until('its challenge', async () => standingOf(await node(), Date.now()) === 'shown', 60_000);
    } finally {
      await postgres.close();
    }
    const jobId = await submit(2);
    await until('the end of the job', async () => ['COMPLETED', 'FAILED'].includes(await stateOf(jobId)), 120_000);
    expect(await stateOf(jobId)).toBe('COMPLETED');
  }, 200_000);

  it('goes on with the very same training process after kill -9 of its worker', async () => {
    const jobId = await submit(40);
    await until('the training', async () => (await stateOf(jobId)) === 'RUNNING', 60_000);
    const before = childOf(jobId);
    process.kill(stack.services.get('node')!.pid()!, 'SIGKILL');
    await until('the end of the job', async () => ['COMPLETED', 'FAILED'].includes(await stateOf(jobId)), 180_000);
    expect(await stateOf(jobId)).toBe('COMPLETED');
    expect(childOf(jobId)).toBe(before);
    expect((await client.status(jobId)).attempt).toBe(1);
  }, 260_000);
});
