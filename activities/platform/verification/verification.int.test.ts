import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parseConfig } from '#core/config/config';
import { canonicalGraphJson } from '#core/graph/canonical';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import { segmentsOf } from '#core/verification/chain-of-links';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { startStorageServer } from '#cyxcloud/gateway/server';
import { markAssigned, openAttempt, recordClaim, recordCompletion } from '#db/postgres/attempts';
import { recordCheckpoint } from '#db/postgres/checkpoints';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import { upsertDataset } from '#db/postgres/datasets';
import { keepDraw } from '#db/postgres/draws';
import { insertJob } from '#db/postgres/jobs';
import { upsertNode } from '#db/postgres/nodes';
import { createLocalKms } from '#db/secrets/kms';
import { encodeDataset } from '#engine/data/dataset';
import { CHILD_FILES, type TrainingSpecInput } from '#engine/node/child-contract';
import { ended, TrainingDirs } from '#engine/node/testing/training-dir';
import { tinyPictures } from '#engine/testing/tiny';
import { ANOTHER_VERIFIER, type Opinion, type VerificationActivities } from '../contract.ts';
import { createVerificationActivities } from './activities.ts';
import { recordOf } from './result-chain.ts';
import { forge, resultIn, tensorsOf, type Link, type Result, type Tensors } from './testing/forge.ts';

const GRAPH = parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Flatten'], ['Linear', { units: 24 }], ['ReLU'], ['Dropout', { rate: 0.2 }], ['Linear', { units: 3 }], ['Softmax'], ['Output', { classes: 3 }]));
const SMALLER = parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Flatten'], ['Linear', { units: 3 }], ['Softmax'], ['Output', { classes: 3 }]));
/** 13 steps an epoch, 52 in all; links at 10, 20, … 50 and 52. */
const HYPER_PARAMETERS = { epochs: 4, batchSize: 16, learningRate: 0.01, optimizer: 'adam', seed: 11 } as const;
const EVERY_STEPS = 10;

// Each child loads TensorFlow anew, and a busy machine takes its time over that.
vi.setConfig({ testTimeout: 180_000 });

const dirs = new TrainingDirs();
const kms = createLocalKms(randomBytes(32));
const ownerId = randomUUID();
let dir: string;
let postgres: Postgres;
let storage: Awaited<ReturnType<typeof startStorageServer>>;
let cloud: CyxCloudClient;
let dataset: { cid: string; file: string };
let honest: Result;
let verifier: VerificationActivities;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'verification-'));
  postgres = connectPostgres({ url: parseConfig(inject('stackEnv')).databaseUrl, onError: () => undefined });
  await migrate(postgres);
  const authenticate = (): Promise<{ subject: string; role: 'user' }> => Promise.resolve({ subject: 'tester', role: 'user' });
  storage = await startStorageServer({ dataDir: join(dir, 'storage'), host: '127.0.0.1', port: 0, authenticate, maxObjectBytes: 100_000_000, log: () => undefined });
  cloud = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any') });
  dataset = await storeDataset();
  honest = resultIn(await train({}));
  verifier = createVerificationActivities({ db: postgres.db, kms, cloud, verifierId: 'first', cacheDir: join(dir, 'cache') });
}, 120_000);
afterAll(async () => {
  await storage.close();
  await postgres.close();
  dirs.remove();
  rmSync(dir, { recursive: true });
});

async function storeDataset(): Promise<{ cid: string; file: string }> {
  const pictures = tinyPictures(200);
  const [training, heldOut] = [await cloud.put(encodeDataset(pictures)), await cloud.put(encodeDataset(tinyPictures(90, 6, 8)))];
  await upsertDataset(postgres.db, {
    ...{ ownerId, cid: training.cid, name: 'pictures', samples: 200, sizeBytes: 1, sampleShape: [6, 6, 1], classes: 3 },
    keyWrapped: await kms.wrap(training.key, 'dataset-key', training.cid),
    ...{ heldOutCid: heldOut.cid, heldOutSamples: 90, heldOutKeyWrapped: await kms.wrap(heldOut.key, 'dataset-key', heldOut.cid) },
  });
  return { cid: training.cid, file: dirs.dataset('pictures', pictures) };
}

/** Trains as a node does; `from` is a checkpoint to go on from. Returns the work directory. */
async function train(changes: Partial<TrainingSpecInput>, from?: Uint8Array): Promise<string> {
  const spec = { graphJson: canonicalGraphJson(GRAPH), hyperParameters: HYPER_PARAMETERS, datasetFile: dataset.file, datasetCid: dataset.cid, checkpointEverySteps: EVERY_STEPS, threads: 1 };
  const workDir = dirs.make({ ...spec, ...changes });
  if (from !== undefined) writeFileSync(join(workDir, CHILD_FILES.checkpoint), from);
  expect(await ended(dirs.start(workDir))).toBe(0);
  return workDir;
}

interface Work {
  readonly links: readonly Link[];
  readonly resumedFromStep?: number;
  /** Handed in where the attempt came to its end. */
  readonly result?: Pick<Result, 'model' | 'rootHex'>;
}

/** A job whose attempts did this; every segment of the last one is drawn. */
async function job(...attempts: Work[]): Promise<{ jobId: string; attempt: number }> {
  const jobId = randomUUID();
  const modelKey = randomBytes(32);
  await insertJob(postgres.db, {
    ...{ id: jobId, userId: ownerId, requestId: jobId, workflowId: `job-${jobId}`, graphJson: canonicalGraphJson(GRAPH), datasetCid: dataset.cid },
    ...{ hyperParameters: HYPER_PARAMETERS, checkpointEverySteps: EVERY_STEPS, deviceClass: 'cpu', deadlineMs: 600_000, quoteId: randomUUID() },
    ...{ specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n, requesterAddress: 'a', deadlineAt: new Date(Date.now() + 600_000) },
    modelKeyWrapped: await kms.wrap(modelKey, 'model-key', jobId),
  });
  for (const [index, work] of attempts.entries()) await handIn(jobId, index + 1, modelKey, work);
  const attempt = attempts.length;
  await drawAll(jobId, attempt, attempts);
  return { jobId, attempt };
}

async function handIn(jobId: string, attempt: number, modelKey: Uint8Array, { links, result }: Work): Promise<void> {
  const { db } = postgres;
  const { id: nodeId } = await upsertNode(db, { id: randomUUID(), ownerId: randomUUID(), machineId: randomUUID(), ownerAddress: 'a', deviceClass: 'cpu', deviceName: 'C', state: 'ACTIVE', pricePerHourBase: 1n });
  await openAttempt(db, { jobId, attempt });
  await recordClaim(db, { jobId, attempt, nodeId });
  await markAssigned(db, { jobId, attempt, nodeId });
  for (const { line, bytes } of links) {
    const { cid } = await cloud.put(bytes, { key: modelKey });
    const { stateHash, chain: head, ...rest } = line;
    await recordCheckpoint(db, { jobId, attempt, cid, ...rest, stateHash: fromHex(stateHash), chain: fromHex(head) });
  }
  if (result === undefined) return;
  const { cid } = await cloud.put(result.model, { key: modelKey });
  const completion = { modelCid: cid, modelSizeBytes: result.model.length, commitment: fromHex(result.rootHex), finalLoss: 0.1, finalAccuracy: 0.9, trainingMs: 5 };
  await recordCompletion(db, { jobId, attempt, nodeId }, completion);
}

async function drawAll(jobId: string, attempt: number, attempts: readonly Work[]): Promise<void> {
  const of = new Map(attempts.flatMap(({ links }, index) => links.map(({ line }) => [line.step, { line, attempt: index + 1 }] as const)));
  const records = [...of.values()].map(({ line, attempt: maker }) => recordOf({ ...line, cid: '', jobId, attempt: maker, stateHash: new Uint8Array(), chain: new Uint8Array(), at: new Date() }));
  const segments = segmentsOf(records.sort((a, b) => a.step - b.step));
  const root = fromHex(attempts.at(-1)!.result!.rootHex);
  await keepDraw(postgres.db, { jobId, attempt, root, slot: 1n, blockhash: 'b', secret: new Uint8Array(32), seed: new Uint8Array(32), rates: {}, segments });
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

async function opinionOn(subject: { jobId: string; attempt: number }, by = verifier): Promise<Opinion> {
  const opinion: Opinion = await new MockActivityEnvironment().run(by.giveOpinion, { ...subject, opinion: 1, notBy: [] });
  return opinion;
}

const handedIn = (result: Result): Work => ({ links: result.links, result });

/** The same shapes with other numbers. */
function noise(tensors: Tensors): Tensors {
  return new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data, (_, index) => Math.sin(index + 1) / 10) }]));
}

describe('an honest result', () => {
  it('is found valid, with the metric on data that the node has not seen', async () => {
    const opinion = await opinionOn(await job(handedIn(honest)));
    expect(opinion).toMatchObject({ valid: true, reason: '', blamedAttempt: null, segments: 6, steps: 52, verifierId: 'first' });
    expect(opinion.testAccuracy).toBeGreaterThan(0.5);
  });

  it('that another attempt had begun is found valid', async () => {
    const [begun, rest] = [honest.links.slice(0, 2), honest.links.slice(2)];
    expect(await opinionOn(await job({ links: begun }, { links: rest, result: honest }))).toMatchObject({ valid: true, segments: 6 });
  });

  it('is not looked at again by the verifier that has given its opinion', async () => {
    const subject = await job(handedIn(honest));
    const asked = new MockActivityEnvironment().run(verifier.giveOpinion, { ...subject, opinion: 2, notBy: ['first'] });
    await expect(asked).rejects.toMatchObject({ type: ANOTHER_VERIFIER, nonRetryable: false });
  });
});

describe('a liar', () => {
  it('that hands in random weights is found out', async () => {
    const lie = await forge(honest, ({ bytes }, index) => (index < 5 ? {} : { tensors: noise(tensorsOf({ bytes } as Link)) }));
    const opinion = await opinionOn(await job(handedIn(lie)));
    expect(opinion).toMatchObject({ valid: false, blamedAttempt: 1 });
    expect(opinion.reason).toMatch(/^Steps 51 to 52 give the state [0-9a-f]{64} and the link [0-9a-f]{64}, but [0-9a-f]{64} and [0-9a-f]{64} were committed to$/);
  });

  it('that hands in a stale checkpoint again and again is found out at the first', async () => {
    const stale = tensorsOf(honest.links[2]!);
    const lie = await forge(honest, (_link, index) => (index < 3 ? {} : { tensors: stale }));
    expect(await opinionOn(await job(handedIn(lie)))).toMatchObject({ valid: false, blamedAttempt: 1, reason: expect.stringMatching(/^Steps 31 to 40 give/) as unknown });
  });

  it('that skips every other step is found out', async () => {
    const half = resultIn(await train({ hyperParameters: { ...HYPER_PARAMETERS, epochs: 2 }, checkpointEverySteps: 5 }));
    const lie = await forge(honest, (_link, index) => ({ tensors: tensorsOf(half.links[Math.min(index, half.links.length - 1)]!) }));
    expect(await opinionOn(await job(handedIn(lie)))).toMatchObject({ valid: false, reason: expect.stringMatching(/^Steps 1 to 10 give/) as unknown });
  });

  it('that reports another loss than it had is found out, though its weights are right', async () => {
    const lie = await forge(honest, (_link, index) => (index === 1 ? { meanLoss: 0.001 } : {}));
    expect(await opinionOn(await job(handedIn(lie)))).toMatchObject({ valid: false, reason: expect.stringMatching(/^Steps 11 to 20 give/) as unknown });
  });

  it('that commits to something else than it reported is found out without re-execution', async () => {
    const opinion = await opinionOn(await job({ links: honest.links, result: { model: honest.model, rootHex: 'ab'.repeat(32) } }));
    expect(opinion).toMatchObject({ valid: false, blamedAttempt: 1, reason: 'No reported link is the root that is committed on chain' });
  });

  it('that ends the run early is found out without re-execution', async () => {
    const short = { links: honest.links.slice(0, 5), result: { model: honest.model, rootHex: honest.links[4]!.line.chain } };
    expect(await opinionOn(await job(short))).toMatchObject({ valid: false, reason: 'The committed run ends at step 50, but the job has 52 steps' });
  });

  it('that hands in another model than it trained is found out without re-execution', async () => {
    const other = await forge(honest, ({ bytes }) => ({ tensors: noise(tensorsOf({ bytes } as Link)) }));
    const opinion = await opinionOn(await job({ links: honest.links, result: { model: other.model, rootHex: honest.rootHex } }));
    expect(opinion).toMatchObject({ valid: false, reason: expect.stringContaining('the run that was committed to ends with') as unknown });
  });

  it('that trains a smaller model is found out without re-execution', async () => {
    const small = resultIn(await train({ graphJson: canonicalGraphJson(SMALLER) }));
    expect(await opinionOn(await job(handedIn(small)))).toMatchObject({ valid: false, reason: expect.stringMatching(/does not follow from the start of this run$/) as unknown });
    const opinion = await opinionOn(await job({ links: honest.links, result: { model: small.model, rootHex: honest.rootHex } }));
    expect(opinion).toMatchObject({ valid: false, reason: 'The model is of another graph than the job’s' });
  });
});

describe('an attempt that went on from a lie', () => {
  it('is not blamed for it: who made the checkpoint is', async () => {
    const lie = await forge(honest, (_link, index) => (index === 1 ? { tensors: tensorsOf(honest.links[0]!) } : {}));
    const from = lie.links[1]!;
    const rest = resultIn(await train({}, from.bytes));
    const own = rest.links.filter(({ line }) => line.step > from.line.step);
    expect(await opinionOn(await job({ links: lie.links.slice(0, 2) }, { links: own, result: rest }))).toMatchObject({
      ...{ valid: false, blamedAttempt: 1 },
      reason: expect.stringMatching(/^Steps 11 to 20 give/) as unknown,
    });
  });
});
