import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVERY_LAYER, SOME_HYPER_PARAMETERS, tinyPictures } from '#engine/testing/tiny';
import { decodeDataset, encodeDataset } from '#engine/data/dataset';
import { splitDataset } from '#engine/data/split';
import { CHILD_FILES } from '#engine/node/child-contract';
import { ProgressTail } from '#engine/node/progress-tail';
import { loadTrainingData } from './local-data.ts';
import { LOCAL_FILES, openRunFolder, savedStep, tidyRunFolder, type WantedRun } from './run-folder.ts';

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cyxwiz-run-folder-'));
  folder = join(root, 'model.run');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const wanted = (changes: Partial<WantedRun> = {}): WantedRun => ({
  graph: EVERY_LAYER,
  data: splitDataset(tinyPictures(50)),
  hyperParameters: SOME_HYPER_PARAMETERS,
  checkpointEverySteps: 50,
  threads: undefined,
  folder,
  resume: false,
  ...changes,
});
const write = (name: string, content: unknown): void => writeFileSync(join(folder, name), JSON.stringify(content));

describe('a new run', () => {
  it('gets a folder with everything that its training needs', async () => {
    const { spec, heldOutFile } = await openRunFolder(wanted({ threads: 3 }));
    expect(spec).toMatchObject({ threads: 3, checkpointEverySteps: 50, datasetCid: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(decodeDataset(readFileSync(spec.datasetFile)).samples).toBe(40);
    expect(decodeDataset(readFileSync(heldOutFile ?? '')).samples).toBe(10);
  });

  it('takes no folder that has a run or a model in it', async () => {
    await openRunFolder(wanted());
    await expect(openRunFolder(wanted())).rejects.toMatchObject({ code: 'ALREADY_EXISTS', message: expect.stringMatching(/--resume.*--out/) });
    rmSync(join(folder, CHILD_FILES.spec));
    writeFileSync(join(folder, CHILD_FILES.model), 'somebody’s own');
    await expect(openRunFolder(wanted())).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readFileSync(join(folder, CHILD_FILES.model), 'utf8')).toBe('somebody’s own');
  });

  it('takes the place of one that failed for good, and leaves other files alone', async () => {
    await openRunFolder(wanted());
    write(CHILD_FILES.result, { ok: false, code: 'TRAINING_DIVERGED', message: 'too fast' });
    write(CHILD_FILES.progress, {});
    write('notes.json', 'mine');
    const slower = { ...SOME_HYPER_PARAMETERS, learningRate: 1e-4 };
    await openRunFolder(wanted({ hyperParameters: slower }));
    expect(existsSync(join(folder, CHILD_FILES.result))).toBe(false);
    expect(existsSync(join(folder, CHILD_FILES.progress))).toBe(false);
    expect(existsSync(join(folder, 'notes.json'))).toBe(true);
  });
});

describe('--resume', () => {
  it('goes on with the run and its thread count, wherever its folder has gone', async () => {
    const { spec } = await openRunFolder(wanted({ threads: 7 }));
    expect((await openRunFolder(wanted({ resume: true }))).spec).toEqual(spec);
    expect((await openRunFolder(wanted({ resume: true, threads: 7 }))).spec).toEqual(spec);
  });

  it('has nothing to go on with in an empty folder', async () => {
    await expect(openRunFolder(wanted({ resume: true }))).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringMatching(/--resume/) });
    expect(existsSync(folder)).toBe(false);
  });

  it.each<[string, Partial<WantedRun>, RegExp]>([
    ['hyper-parameters', { hyperParameters: { ...SOME_HYPER_PARAMETERS, epochs: 9, clipNorm: 1 } }, /: epochs, clipNorm\./],
    ['data', { data: splitDataset(tinyPictures(51)) }, /: data\./],
    ['threads', { threads: 1 }, /: threads\./],
    ['an interval', { checkpointEverySteps: 51 }, /: checkpointEverySteps\./],
  ])('refuses other %s and names them', async (_what, changes, message) => {
    await openRunFolder(wanted({ threads: 2 }));
    const before = readFileSync(join(folder, CHILD_FILES.spec), 'utf8');
    await expect(openRunFolder(wanted({ resume: true, ...changes }))).rejects.toMatchObject({ code: 'STATE_CONFLICT', message: expect.stringMatching(message) });
    expect(readFileSync(join(folder, CHILD_FILES.spec), 'utf8')).toBe(before);
  });

  it('tries again what failed for a reason that may pass, and not what did not', async () => {
    await openRunFolder(wanted());
    write(CHILD_FILES.result, { ok: false, code: 'TRAINING_FAILED', message: 'the disk is full' });
    await openRunFolder(wanted({ resume: true }));
    expect(existsSync(join(folder, CHILD_FILES.result))).toBe(false);
    write(CHILD_FILES.result, { ok: false, code: 'TRAINING_DIVERGED', message: 'too fast' });
    await openRunFolder(wanted({ resume: true }));
    expect(existsSync(join(folder, CHILD_FILES.result))).toBe(true);
  });

  it('waits for no process that is long gone, and starts from the beginning without a checkpoint', async () => {
    await openRunFolder(wanted());
    // Process 1 lives, but it trains nothing.
    write(CHILD_FILES.child, { pid: 1, startedAt: '2026-01-01T00:00:00Z' });
    await expect(openRunFolder(wanted({ resume: true }))).resolves.toMatchObject({ folder });
    expect(savedStep(folder)).toBe(0);
  });
});

it('a finished folder keeps its model and its story only', async () => {
  await openRunFolder(wanted());
  for (const name of [CHILD_FILES.checkpoint, CHILD_FILES.model, LOCAL_FILES.log]) write(name, 0);
  tidyRunFolder(folder);
  expect([CHILD_FILES.checkpoint, LOCAL_FILES.training, LOCAL_FILES.heldOut, LOCAL_FILES.log].filter((name) => existsSync(join(folder, name)))).toEqual([]);
  expect(existsSync(join(folder, CHILD_FILES.model))).toBe(true);
});

describe('the data', () => {
  it('is split the same each time, or not at all, or comes in two files', async () => {
    const [file, other] = [join(root, 'all'), join(root, 'other')];
    writeFileSync(file, encodeDataset(tinyPictures(50)));
    writeFileSync(other, encodeDataset(tinyPictures(7)));
    expect(await loadTrainingData(file, undefined)).toEqual(splitDataset(tinyPictures(50)));
    expect(await loadTrainingData(file, 'none')).toEqual({ training: tinyPictures(50), heldOut: undefined });
    expect(await loadTrainingData(file, other)).toEqual({ training: tinyPictures(50), heldOut: tinyPictures(7) });
    await expect(loadTrainingData(join(root, 'nowhere'), undefined)).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringMatching(/nowhere/) });
    expect(() => splitDataset(tinyPictures(1))).toThrow(/--held-out/);
  });
});

describe('the progress reader', () => {
  const line = (sequence: number): string => JSON.stringify({ sequence, at: 'now', epoch: 1, epochs: 1, step: 1, steps: 1, loss: 1, accuracy: 0, samplesPerSecond: 1 });

  it('gives each whole line once', () => {
    const path = join(root, 'progress.jsonl');
    const tail = new ProgressTail(path);
    const read = (): ReturnType<typeof tail.read> => tail.read();
    expect(read()).toEqual([]);
    writeFileSync(path, `${line(1)}\n${line(2).slice(0, 9)}`);
    expect(read().map(({ sequence }) => sequence)).toEqual([1]);
    writeFileSync(path, `${line(1)}\n${line(2)}\n${line(3)}\n`);
    expect(read().map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(read()).toEqual([]);
  });
});
