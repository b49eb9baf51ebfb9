import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeDataset, firstSamples, type Dataset } from '../data/dataset.ts';
import {
  CHILD_FILES,
  evaluateChildCommand,
  readChildInfo,
  readProgress,
  readTrainingResult,
  trainingChildCommand,
  type TrainingResult,
  type TrainingSpecInput,
} from './child-contract.ts';
import { DIGITS_HYPER_PARAMETERS, loadDigits } from './digits.ts';
import { evaluateInChild } from './evaluate-in-child.ts';

const graphJson = readFileSync('examples/graphs/digits-cnn.json', 'utf8');

let root: string;
let heldOut: Dataset;
const files = { all: '', some: '', wild: '', heldOut: '' };
const children = new Set<ChildProcess>();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cyxwiz-training-'));
  const digits = await loadDigits();
  heldOut = digits.heldOut;
  const some = firstSamples(digits.training, 2_000);
  const wild = { ...some, normalise: { scale: 1e30, offset: 0 } };
  for (const [name, dataset] of [['all', digits.training], ['some', some], ['wild', wild], ['heldOut', heldOut]] as const) {
    files[name] = join(root, `${name}.safetensors`);
    writeFileSync(files[name], encodeDataset(dataset));
  }
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Five epochs of 2,000 digits: 160 steps, a checkpoint every 10. Long enough to be killed on a fast machine. */
function workDirFor(changes: Partial<TrainingSpecInput> = {}): string {
  const workDir = mkdtempSync(join(root, 'job-'));
  const spec: TrainingSpecInput = {
    jobId: 'job',
    attempt: 1,
    graphJson,
    hyperParameters: { ...DIGITS_HYPER_PARAMETERS, epochs: 5 },
    datasetFile: files.some,
    datasetCid: 'bafy-some-digits',
    checkpointEverySteps: 10,
    threads: 2,
    ...changes,
  };
  writeFileSync(join(workDir, CHILD_FILES.spec), JSON.stringify(spec));
  return workDir;
}

function start(workDir: string): ChildProcess {
  const { command, args } = trainingChildCommand(workDir);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.add(child);
  return child;
}

async function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

async function runToEnd(workDir: string): Promise<TrainingResult | undefined> {
  expect(await ended(start(workDir))).toBe(0);
  return readTrainingResult(workDir);
}

async function success(workDir: string): Promise<Extract<TrainingResult, { ok: true }>> {
  const result = await runToEnd(workDir);
  if (result?.ok !== true) throw new Error(`no success: ${JSON.stringify(result)}`);
  return result;
}

/** What two runs have in common where they are the same run. */
function sameness(result: Extract<TrainingResult, { ok: true }>): object {
  const { weightsHex, commitmentHex, finalLoss, finalAccuracy, steps } = result;
  return { weightsHex, commitmentHex, finalLoss, finalAccuracy, steps, model: readFileSync(result.modelFile) };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (condition()) return;
    await sleep(50);
  }
  throw new Error('it did not happen within 30 s');
}

const lastStep = (workDir: string): number => readProgress(workDir).at(-1)?.step ?? 0;

describe('the training child', () => {
  let whole: object;
  let finishedDir: string;

  it('gives the same bits in five runs', async () => {
    const runs: object[] = [];
    for (let i = 0; i < 5; i++) {
      finishedDir = workDirFor();
      runs.push(sameness(await success(finishedDir)));
    }
    [whole = {}] = runs;
    for (const run of runs) expect(run).toEqual(whole);
  });

  it('is killed twice with kill -9, goes on, and ends with the same bits', async () => {
    const workDir = workDirFor();
    for (const step of [12, 60]) {
      const child = start(workDir);
      await until(() => lastStep(workDir) >= step && existsSync(join(workDir, CHILD_FILES.checkpoint)));
      child.kill('SIGKILL');
      expect(await ended(child)).toBe('SIGKILL');
      expect(readTrainingResult(workDir)).toBeUndefined();
    }
    const killedAt = readProgress(workDir).length;
    expect(sameness(await success(workDir))).toEqual(whole);
    const lines = readProgress(workDir);
    expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
    expect(lines[killedAt]?.step).toBeGreaterThan(50);
    expect(lines.at(-1)).toMatchObject({ step: 160, epoch: 5 });
  });

  it('obeys SIGTERM with a checkpoint and goes on from that very step', async () => {
    const workDir = workDirFor({ checkpointEverySteps: 1_000 });
    const child = start(workDir);
    await until(() => lastStep(workDir) >= 5);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(readTrainingResult(workDir)).toBeUndefined();
    expect(existsSync(join(workDir, CHILD_FILES.checkpoint))).toBe(true);
    const before = lastStep(workDir);
    const lines = readProgress(workDir).length;
    const { weightsHex } = await success(workDir);
    expect(readProgress(workDir)[lines]?.step).toBeGreaterThanOrEqual(before + 1);
    expect({ weightsHex }).toEqual({ weightsHex: (whole as { weightsHex: string }).weightsHex });
  });

  it('exits at once where there is a result, and says who it was', async () => {
    const workDir = finishedDir;
    const at = statSync(join(workDir, CHILD_FILES.result)).mtimeMs;
    const pid = readChildInfo(workDir)?.pid;
    await runToEnd(workDir);
    expect(statSync(join(workDir, CHILD_FILES.result)).mtimeMs).toBe(at);
    expect(readChildInfo(workDir)?.pid).toBe(pid);
  });
});

describe('the training child says what went wrong', () => {
  it.each<[string, () => Partial<TrainingSpecInput>, string, RegExp]>([
    ['values far too large', () => ({ datasetFile: files.wild, hyperParameters: { ...DIGITS_HYPER_PARAMETERS, optimizer: 'sgd' } }), 'TRAINING_DIVERGED', /step \d+/],
    ['a dataset that is no dataset', () => ({ datasetFile: 'package.json' }), 'DATASET_INVALID', /safetensors/],
    ['a model for other pictures', () => ({ graphJson: graphJson.replace('[28, 28, 1]', '[32, 32, 1]') }), 'DATASET_INVALID', /\[28, 28, 1\].*\[32, 32, 1\]/],
    ['a graph that is not valid', () => ({ graphJson: graphJson.replace('"classes": 10', '"classes": 11') }), 'GRAPH_INVALID', /"output" \(Output\).*\[11\], got \[10\]/],
    ['a spec with a field out of range', () => ({ checkpointEverySteps: 0 }), 'INVALID_INPUT', /checkpointEverySteps/],
    ['a dataset that is not there', () => ({ datasetFile: join(root, 'nowhere') }), 'TRAINING_FAILED', /nowhere/],
  ])('for %s', async (_what, changes, code, text) => {
    const result = await runToEnd(workDirFor(changes()));
    expect(result).toMatchObject({ ok: false, code });
    expect(result?.ok === false && result.message).toMatch(text);
  });
});

describe('8,000 digits', () => {
  it('train to at least 95 % on 2,000 that the model has not seen', async () => {
    const result = await success(workDirFor({ datasetFile: files.all, hyperParameters: DIGITS_HYPER_PARAMETERS, checkpointEverySteps: 100 }));
    const evaluation = await evaluateInChild({ modelFile: result.modelFile, datasetFile: files.heldOut, threads: 2 });
    const imagesPerSecond = (result.samples * DIGITS_HYPER_PARAMETERS.epochs) / (result.trainingMs / 1000);
    console.log(`digits: ${(evaluation.accuracy * 100).toFixed(2)} % held out, ${Math.round(imagesPerSecond)} images/s, ${result.trainingMs} ms`);
    expect(evaluation.accuracy).toBeGreaterThanOrEqual(0.95);
    expect(evaluation.samples).toBe(2_000);
    const truths = evaluation.confusion.map((row) => row.reduce((a, b) => a + b));
    expect(truths).toEqual(Array.from({ length: 10 }, (_, digit) => heldOut.y.filter((label) => label === digit).length));
    await expect(evaluateInChild({ modelFile: result.modelFile, datasetFile: files.heldOut, timeoutMs: 50 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(evaluateInChild({ modelFile: files.some, datasetFile: files.heldOut })).rejects.toMatchObject({ code: 'RESULT_INVALID' });
    await expect(evaluateInChild({ modelFile: result.modelFile, datasetFile: files.heldOut, signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(evaluateChildCommand('m', 'd', 2).args.slice(-3)).toEqual(['m', 'd', '2']);
  });
});
