import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { createTokens, type NodeIdentity } from '#api/auth/tokens';
import { createNodeWork } from '#api/services/node-work';
import { parseConfig } from '#core/config/config';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { startStorageServer } from '#cyxcloud/gateway/server';
import { findAttempt, markAssigned, openAttempt, recordClaim } from '#db/postgres/attempts';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { checkpointsOfJob } from '#db/postgres/checkpoints';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import { upsertDataset } from '#db/postgres/datasets';
import { insertJob } from '#db/postgres/jobs';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { upsertNode } from '#db/postgres/nodes';
import { createLocalKms } from '#db/secrets/kms';
import { encodeDataset, firstSamples } from '#engine/data/dataset';
import { CHILD_FILES } from '#engine/node/child-contract';
import { loadDigits } from '#engine/node/digits';
import { createNodeActivities } from './activities.ts';
import type { NodeActivities } from './contract.ts';
import { createNodeSlot, type NodeSlot } from './slot.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { directPlatform } from './testing/direct-platform.ts';
import { until } from './testing/fixture.ts';

const graphJson = readFileSync(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');
/** 8 steps an epoch. */
/** Long enough that a run is not over before it is disturbed, also on a machine that has other things to do. */
const HYPER_PARAMETERS = { epochs: 60, batchSize: 64, learningRate: 0.002 };
const STEPS = 480;
const EVERY_STEPS = 40;
const LINKS = Array.from({ length: STEPS / EVERY_STEPS }, (_, index) => (index + 1) * EVERY_STEPS);
const log = { info: () => undefined, warn: () => undefined };

let dir: string;
let postgres: Postgres;
let storage: Awaited<ReturnType<typeof startStorageServer>>;
let cloud: CyxCloudClient;
let work: ReturnType<typeof createNodeWork>;
let jobId: string;
const ownerId = randomUUID();
const kms = createLocalKms(randomBytes(32));
let datasetCid: string;

/** A provider's machine with a work directory of its own. */
interface Machine {
  readonly identity: NodeIdentity;
  readonly root: string;
  readonly supervisor: Supervisor;
  readonly slot: NodeSlot;
  readonly activities: NodeActivities;
}
const machines: Machine[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'other-node-'));
  postgres = connectPostgres({ url: parseConfig(inject('stackEnv')).databaseUrl, onError: () => undefined });
  await migrate(postgres);
  storage = await startStorageServer({
    dataDir: join(dir, 'storage'),
    host: '127.0.0.1',
    port: 0,
    authenticate: () => Promise.resolve({ subject: 'tester', role: 'user' }),
    maxObjectBytes: 100_000_000,
    log: () => undefined,
  });
  cloud = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any') });
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const tokens = await createTokens({ ...(await exportJWK(privateKey)), kid: 'test' });
  work = createNodeWork({ postgres, tokens, kms, storageUrl: storage.url });
  const { training } = await loadDigits();
  const { cid, key } = await cloud.put(encodeDataset(firstSamples(training, 500)));
  datasetCid = cid;
  const keyWrapped = await kms.wrap(key, 'dataset-key', cid);
  const heldOut = { heldOutCid: cid, heldOutSamples: 1, heldOutKeyWrapped: keyWrapped };
  await upsertDataset(postgres.db, { ownerId, cid, name: 'digits', samples: 500, sizeBytes: 1, sampleShape: [28, 28, 1], classes: 10, keyWrapped, ...heldOut });
}, 120_000);

afterAll(async () => {
  await storage.close();
  await postgres.close();
  rmSync(dir, { recursive: true });
});
beforeEach(async () => {
  jobId = await newJob();
});
afterEach(async () => {
  for (const { supervisor } of machines.splice(0)) for (const key of supervisor.live()) await supervisor.stop(key);
});

async function newJob(): Promise<string> {
  const id = randomUUID();
  await insertJob(postgres.db, {
    id,
    userId: ownerId,
    requestId: id,
    workflowId: `job-${id}`,
    graphJson,
    datasetCid,
    hyperParameters: HYPER_PARAMETERS,
    checkpointEverySteps: EVERY_STEPS,
    deviceClass: 'cpu',
    deadlineMs: 600_000,
    quoteId: randomUUID(),
    specificationHash: 'h',
    amountBase: 1n,
    pricePerHourBase: 1n,
    requesterAddress: 'a',
    modelKeyWrapped: await kms.wrap(randomBytes(32), 'model-key', id),
    deadlineAt: new Date(Date.now() + 600_000),
  });
  return id;
}

async function newMachine(): Promise<Machine> {
  const own = { ownerId: randomUUID(), machineId: `machine-${randomUUID().slice(0, 8)}` };
  const { id: nodeId } = await upsertNode(postgres.db, { id: randomUUID(), ...own, ownerAddress: 'a', deviceClass: 'cpu', deviceName: 'C', measured: measuredAs('cpu'), state: 'ACTIVE', pricePerHourBase: 1n });
  const identity = { kind: 'node', nodeId, ...own, queues: [], expiresAtMs: Date.now() + 600_000 } as const;
  const root = mkdtempSync(join(dir, 'runs-'));
  const supervisor = createSupervisor({ root });
  const slot = createNodeSlot();
  const settings = { nodeId, deviceClasses: ['cpu'], pricePerHourBase: 1n, workDir: root, minFreeDiskBytes: 1, threads: 1 };
  const activities = createNodeActivities({ settings, platform: directPlatform(work, identity), storageAt: () => cloud, supervisor, slot, log });
  const machine = { identity, root, supervisor, slot, activities };
  machines.push(machine);
  return machine;
}

async function assign(machine: Machine, attempt: number): Promise<void> {
  const key = { jobId, attempt, nodeId: machine.identity.nodeId };
  await openAttempt(postgres.db, key);
  await recordClaim(postgres.db, key);
  await markAssigned(postgres.db, key);
}

/** What the workflow does with an attempt that did not come to its end. */
const giveBack = (attempt: number): Promise<void> => closeWithOutcome(postgres.db, { jobId, attempt, outcome: 'released' });

const inputOf = (attempt: number) => ({ jobId, attempt, deadlineAtMs: Date.now() + 600_000 });

async function trainToTheEnd(machine: Machine, attempt: number): Promise<number> {
  const { startTraining, awaitTraining } = machine.activities;
  const { resumedFromStep }: { resumedFromStep: number } = await new MockActivityEnvironment().run(startTraining, inputOf(attempt));
  await new MockActivityEnvironment().run(awaitTraining, inputOf(attempt));
  return resumedFromStep;
}

const resultOf = (machine: Machine, attempt: number) => machine.supervisor.find({ jobId, attempt })!.result();
const storedSteps = async (attempt: number, onlyLinks = true): Promise<number[]> =>
  (await checkpointsOfJob(postgres.db, jobId)).filter((row) => row.attempt === attempt && (row.isLink || !onlyLinks)).map(({ step }) => step);

async function undisturbed(): Promise<ReturnType<typeof resultOf>> {
  const disturbedJob = jobId;
  jobId = await newJob();
  const machine = await newMachine();
  await assign(machine, 1);
  await trainToTheEnd(machine, 1);
  expect(await storedSteps(1)).toEqual(LINKS);
  expect(readdirSync(join(machine.root, jobId, '1', CHILD_FILES.checkpoints))).toEqual([]);
  const result = resultOf(machine, 1);
  jobId = disturbedJob;
  return result;
}

it('goes on with a killed node’s run on another node, bit for bit, and fences the first one', async () => {
  const first = await newMachine();
  await assign(first, 1);
  const environment = new MockActivityEnvironment();
  const working = environment.run(first.activities.awaitTraining, inputOf(1));
  await until('two stored links', async () => (await storedSteps(1)).length >= 2, 60_000);
  // The machine is gone: its training process at once, and whatever it still had in hand with it.
  const { pid } = JSON.parse(readFileSync(join(first.root, jobId, '1', 'process.json'), 'utf8')) as { pid: number };
  environment.cancel();
  process.kill(pid, 'SIGKILL');
  await expect(working).rejects.toThrow();
  await giveBack(1);
  const left = Math.max(...(await storedSteps(1, false)));

  const second = await newMachine();
  await assign(second, 2);
  expect(await trainToTheEnd(second, 2)).toBe(left);
  expect((await findAttempt(postgres.db, { jobId, attempt: 2 }))!.resumedFromStep).toBe(left);
  const chain = [...(await storedSteps(1)), ...(await storedSteps(2))];
  expect(chain).toEqual(LINKS);

  const [result, reference] = [resultOf(second, 2), await undisturbed()];
  if (result?.ok !== true || reference?.ok !== true) throw new Error('a run did not end well');
  expect([result.weightsHex, result.commitmentHex, result.steps]).toEqual([reference.weightsHex, reference.commitmentHex, STEPS]);

  // What the first node still wants to say of its attempt is not heard any more.
  const late = directPlatform(work, first.identity);
  await expect(late.acquireLease(jobId, 1)).rejects.toMatchObject({ code: 'FENCED' });
}, 240_000);

it('hands a job back, with its very last step, when its owner drains the node', async () => {
  const first = await newMachine();
  await assign(first, 1);
  const working = new MockActivityEnvironment().run(first.activities.awaitTraining, inputOf(1));
  await until('a stored link', async () => (await storedSteps(1)).length >= 1, 60_000);
  first.slot.setDraining(true);
  await expect(working).rejects.toMatchObject({ type: 'HANDED_BACK', nonRetryable: true });
  const stopped = first.supervisor.find({ jobId, attempt: 1 })!;
  expect([stopped.alive(), first.slot.holder()]).toEqual([false, undefined]);
  expect(existsSync(join(stopped.dir, 'dataset.safetensors'))).toBe(false);
  const lastStep = stopped.tail(0).read().at(-1)!.step;
  await giveBack(1);

  const second = await newMachine();
  await assign(second, 2);
  const resumedFromStep = await trainToTheEnd(second, 2);
  expect(resumedFromStep).toBeGreaterThanOrEqual(lastStep);
  expect([...(await storedSteps(1)), ...(await storedSteps(2))]).toEqual(LINKS);
}, 240_000);
