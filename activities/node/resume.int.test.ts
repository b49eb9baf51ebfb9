import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { OPTIMIZERS } from '#core/graph/optimizers';
import { OPTIMIZER_SLOTS } from '#core/verification/checkpoint-plan';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { startStorageServer } from '#cyxcloud/gateway/server';
import { decodeCheckpoint, encodeCheckpoint } from '#engine/formats/checkpoint-file';
import type { NamedTensor } from '#engine/formats/safetensors';
import { CHILD_FILES } from '#engine/node/child-contract';
import { hashTensors, startChain, toHex } from '#engine/trainer/commitment';
import { createOptimizer } from '#engine/trainer/optimizer';
import { createNodeActivities } from './activities.ts';
import { CheckpointUploader } from './checkpoint-uploader.ts';
import type { CheckpointReport, Lease, NodeActivityDeps, ResumePoint } from './ports.ts';
import { readJournal } from './run-dir.ts';
import { createNodeSlot } from './slot.ts';
import { createSupervisor } from './supervisor.ts';
import { fixtureCommand, fixtureSpec, until } from './testing/fixture.ts';
import { RecordingPlatform } from './testing/recording-platform.ts';

const STEPS = 20;
const LINKS = [5, 10, 15, 20];
const warnings: string[] = [];
const log = { info: () => undefined, warn: (_fields: object, message: string) => void warnings.push(message) };
const modelKey = new Uint8Array(randomBytes(32));

let dir: string;
let storage: Awaited<ReturnType<typeof startStorageServer>>;
let cloud: CyxCloudClient;
let dataset: { cid: string; key: Uint8Array };
let platform: RecordingPlatform;
let jobId: string;
let deps: NodeActivityDeps;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'resume-'));
  const authenticate = () => Promise.resolve({ subject: 'tester', role: 'user' } as const);
  storage = await startStorageServer({ dataDir: join(dir, 'storage'), host: '127.0.0.1', port: 0, authenticate, maxObjectBytes: 10_000_000, log: () => undefined });
  cloud = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any') });
  dataset = await cloud.put(new TextEncoder().encode('the digits'));
});
afterAll(async () => {
  await storage.close();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  warnings.length = 0;
  jobId = randomUUID();
  platform = new RecordingPlatform(() => leaseFrom());
  deps = newNode();
});
const nodes: NodeActivityDeps[] = [];
afterEach(async () => {
  for (const { supervisor } of nodes.splice(0)) for (const key of supervisor.live()) await supervisor.stop(key);
});

function newNode(workDir = mkdtempSync(join(dir, 'runs-'))): NodeActivityDeps {
  const settings = { nodeId: 'node-1', deviceClasses: ['cpu'], pricePerHourBase: 1n, workDir, minFreeDiskBytes: 1 };
  const node = { settings, platform, storageAt: () => cloud, supervisor: createSupervisor({ root: workDir, command: fixtureCommand }), slot: createNodeSlot(), log };
  nodes.push(node);
  return node;
}

function leaseFrom(...points: ResumePoint[]): Lease {
  const { graphJson, hyperParameters, checkpointEverySteps } = fixtureSpec(STEPS);
  const [resumeFrom] = points;
  const base = { graphJson, hyperParametersJson: JSON.stringify(hyperParameters), datasetCid: dataset.cid, datasetKey: dataset.key, modelKey, storageUrl: storage.url, checkpointEverySteps };
  return resumeFrom === undefined ? base : { ...base, resumeFrom };
}

const inputOf = (attempt = 1) => ({ jobId, attempt, deadlineAtMs: Date.now() + 120_000 });
const train = (node = deps, attempt = 1): Promise<unknown> => new MockActivityEnvironment().run(createNodeActivities(node).awaitTraining, inputOf(attempt));
const firstStep = (node = deps, attempt = 1): number => node.supervisor.find({ jobId, attempt })!.tail(0).read()[0]!.step;
const links = (): CheckpointReport[] => platform.checkpoints.filter(({ isLink }) => isLink);
const pointOf = ({ step, cid, stateHash, chain }: CheckpointReport): ResumePoint => ({ step, cid, stateHash, chain });

/** The reports of an undisturbed run, as the platform would have them on record. */
async function trainedBefore(): Promise<CheckpointReport[]> {
  await train();
  const reports = platform.checkpoints.splice(0);
  platform.progress.length = 0;
  return reports;
}

describe('storing checkpoints', () => {
  it('reports every link once and in order, encrypted under the model key, and leaves no file', async () => {
    await train();
    expect(links().map(({ step }) => step)).toEqual(LINKS);
    expect(new Set(platform.checkpoints.map(({ step }) => step)).size).toBe(platform.checkpoints.length);
    const run = deps.supervisor.find({ jobId, attempt: 1 })!;
    expect(readdirSync(join(run.dir, CHILD_FILES.checkpoints))).toEqual([]);
    expect(readJournal(run.dir)).toMatchObject({ storedStep: STEPS, completed: true });
    const { graphJson, hyperParameters, checkpointEverySteps } = fixtureSpec(STEPS);
    const runHex = toHex(await startChain({ graph: parseGraph(graphJson), hyperParameters: hyperParametersSchema.parse(hyperParameters), datasetCid: dataset.cid, checkpointEverySteps }));
    for (const { cid, step, stateHash, sizeBytes } of links()) {
      const bytes = await cloud.getBytes(cid, modelKey);
      const { state, tensors } = decodeCheckpoint(bytes, runHex);
      expect([bytes.length, state.step, toHex(await hashTensors(tensors))]).toEqual([sizeBytes, step, stateHash]);
    }
  });

  it('goes on training while nothing can be stored, leaves no link out and of the others all but the newest, and completes last', async () => {
    platform.failWith = 'UNAVAILABLE';
    const run = await deps.supervisor.start({ jobId, attempt: 1 }, Date.now() + 60_000, async () => ({ ...fixtureSpec(STEPS), datasetCid: dataset.cid }));
    const working = train();
    await until('the end of the training', () => run.result() !== undefined, 20_000);
    await until('only what is needed', () => readdirSync(join(run.dir, CHILD_FILES.checkpoints)).length === LINKS.length);
    expect([platform.checkpoints, platform.completions]).toEqual([[], []]);
    platform.failWith = undefined;
    await working;
    expect(platform.checkpoints.map(({ step }) => step)).toEqual(LINKS);
    expect(platform.completions).toHaveLength(1);
  });

  it('is done once, whatever uploader comes after, and stops for good where the attempt is over', async () => {
    const run = await deps.supervisor.start({ jobId, attempt: 1 }, Date.now() + 60_000, async () => ({ ...fixtureSpec(STEPS), datasetCid: dataset.cid }));
    const first = new CheckpointUploader(run, deps);
    await until('two links', () => links().length >= 2);
    await first.close();
    const second = new CheckpointUploader(run, deps);
    await until('a third', () => links().length >= 3);
    await second.close();
    expect(links().map(({ step }) => step)).toEqual(LINKS.slice(0, links().length));
    platform.failWith = 'FENCED';
    const third = new CheckpointUploader(run, deps);
    await until('the refusal', () => third.failure !== undefined);
    await expect(third.drain()).rejects.toMatchObject({ code: 'FENCED' });
  });
});

describe('going on from a checkpoint', () => {
  it('of another node: downloads it and makes the same links from there', async () => {
    const reports = await trainedBefore();
    const half = reports.find(({ step }) => step === 10)!;
    platform.leaseOf = () => leaseFrom(pointOf(half));
    const other = newNode();
    await train(other, 2);
    expect(firstStep(other, 2)).toBe(11);
    const key = ({ step, stateHash, chain }: CheckpointReport) => ({ step, stateHash, chain });
    expect(links().map(key)).toEqual(reports.filter(({ step, isLink }) => isLink && step > 10).map(key));
    expect(platform.completions[1]!.commitmentHex).toBe(platform.completions[0]!.commitmentHex);
    expect(warnings).toEqual([]);
  });

  it.each<[string, (bytes: Uint8Array, point: ResumePoint) => Promise<ResumePoint>]>([
    ['is no checkpoint', async (_, point) => ({ ...point, cid: (await cloud.put(new Uint8Array(900), { key: modelKey })).cid })],
    ['is cut off', async (bytes, point) => ({ ...point, cid: (await cloud.put(bytes.slice(0, -4), { key: modelKey })).cid })],
    ['is not in the storage', async (_, point) => ({ ...point, cid: await unknownCid() })],
    ['is encrypted with another key', async (bytes, point) => ({ ...point, cid: (await cloud.put(bytes)).cid })],
    ['is not the state that was reported', async (_, point) => ({ ...point, stateHash: 'ab'.repeat(32) })],
    ['stands at another place in the chain', async (_, point) => ({ ...point, chain: 'ab'.repeat(32) })],
    ['belongs to another run', async (bytes, point) => changed(bytes, point, { runHex: 'cd'.repeat(32) })],
    ['has a value that is no number', async (bytes, point) => changed(bytes, point, { value: Number.NaN })],
    ['lacks a weight', async (bytes, point) => changed(bytes, point, { without: 1 })],
  ])('that %s: warns, and goes on from an earlier one', async (_, spoil) => {
    const reports = await trainedBefore();
    const [early, late] = [5, 10].map((step) => pointOf(reports.find((report) => report.step === step)!)) as [ResumePoint, ResumePoint];
    const bad = await spoil(await cloud.getBytes(late.cid, modelKey), late);
    const asked: (number | undefined)[] = [];
    platform.leaseOf = (_job, before) => {
      asked.push(before);
      return leaseFrom(before === undefined ? bad : early);
    };
    const other = newNode();
    await train(other, 2);
    expect([firstStep(other, 2), asked.slice(0, 2)]).toEqual([6, [undefined, 10]]);
    expect(warnings.filter((message) => message.includes('of no use'))).toHaveLength(1);
    expect(platform.completions[1]!.commitmentHex).toBe(platform.completions[0]!.commitmentHex);
  });

  it('starts from the beginning where none is of use, and tells the platform so', async () => {
    const asked: (number | undefined)[] = [];
    platform.leaseOf = (_job, before) => {
      asked.push(before);
      return before === 1 ? leaseFrom() : leaseFrom({ step: before === undefined ? 30 : before - 5, cid: dataset.cid, stateHash: 'ab'.repeat(32), chain: 'ab'.repeat(32) });
    };
    await train();
    expect([firstStep(), asked.slice(0, 4)]).toEqual([1, [undefined, 30, 25, 1]]);
    expect(links().map(({ step }) => step)).toEqual(LINKS);
  });

  it('of an earlier attempt on this node: takes over what was not stored yet, links and all', async () => {
    const run = await deps.supervisor.start({ jobId, attempt: 1 }, Date.now() + 60_000, async () => ({ ...fixtureSpec(STEPS), datasetCid: dataset.cid }));
    await until('some steps', () => run.tail(0).read().length > 11);
    await deps.supervisor.suspend(run.key);
    const done = run.tail(0).read().at(-1)!.step;
    await train(deps, 2);
    expect(firstStep(deps, 2)).toBe(done + 1);
    expect(links().map(({ step }) => step)).toEqual(LINKS);
  });

  it('of an earlier attempt on this node that does not come of what the platform has: leaves it', async () => {
    const reports = await trainedBefore();
    const point = pointOf(reports.find(({ step }) => step === 5)!);
    const run = deps.supervisor.find({ jobId, attempt: 1 })!;
    expect(existsSync(join(run.dir, CHILD_FILES.checkpoint))).toBe(true);
    // Its links are stored and gone from here: what lies beyond could not be shown to anybody under this attempt.
    platform.leaseOf = () => leaseFrom(point);
    await train(deps, 2);
    expect(firstStep(deps, 2)).toBe(6);
  });

  it('of its own that was cut off: begins again from where the platform says', async () => {
    const run = await deps.supervisor.start({ jobId, attempt: 1 }, Date.now() + 60_000, async () => ({ ...fixtureSpec(STEPS), datasetCid: dataset.cid }));
    await until('some steps', () => run.tail(0).read().length > 7);
    await deps.supervisor.suspend(run.key);
    truncateSync(join(run.dir, CHILD_FILES.checkpoint), 500);
    await train();
    expect(warnings).toContain('A checkpoint on this node is of no use and is left aside');
    expect(links().map(({ step }) => step)).toEqual(LINKS);
  });
});

it('knows how many slots each optimizer keeps', () => {
  for (const optimizer of OPTIMIZERS) expect(OPTIMIZER_SLOTS[optimizer]).toBe(createOptimizer({ optimizer, learningRate: 0.1 }).slots.length);
});

async function unknownCid(): Promise<string> {
  const { cid } = await cloud.put(new Uint8Array(10));
  await cloud.delete(cid);
  return cid;
}

interface Change {
  readonly runHex?: string;
  readonly value?: number;
  readonly without?: number;
}

/** A checkpoint that somebody made up and reported as theirs. */
async function changed(bytes: Uint8Array, point: ResumePoint, { runHex, value, without = 0 }: Change): Promise<ResumePoint> {
  const { metadata, state, tensors } = partsOf(bytes);
  const list = [...tensors].slice(without);
  if (value !== undefined) (list[0]![1].data as Float32Array)[0] = value;
  const other = new Map<string, NamedTensor>(list);
  const { cid } = await cloud.put(encodeCheckpoint({ runHex: runHex ?? metadata, state, tensors: other }), { key: modelKey });
  return { ...point, cid, stateHash: toHex(await hashTensors(other)) };
}

function partsOf(bytes: Uint8Array) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString()) as { __metadata__: { run: string } };
  const metadata = header.__metadata__.run;
  return { metadata, ...decodeCheckpoint(bytes.slice(), metadata) };
}
