import { beforeAll, describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import type { Tf } from '../backend.ts';
import { tfjsBackend } from '../ops/tfjs/backend.ts';
import { decodeCheckpoint } from '../formats/checkpoint-file.ts';
import { decodeModel, encodeModel } from '../formats/model-file.ts';
import { evaluateModel } from '../metrics/evaluate.ts';
import { plainTensorflow, SOME_HYPER_PARAMETERS, tinyPictures, tinyRun } from '../testing/tiny.ts';
import { extendChain, hashTensors, startChain, toHex } from './commitment.ts';
import type { Backend } from './stepper.ts';
import { train, type TrainingHooks, type TrainingOutcome, type TrainingProgress, type TrainingRun } from './train.ts';

type Finished = Extract<TrainingOutcome, { kind: 'finished' }>;

let tf: Tf;
let backend: Backend;
beforeAll(async () => {
  tf = await plainTensorflow();
  backend = tfjsBackend(tf);
});

async function finish(run: TrainingRun, hooks: TrainingHooks = {}, resumeFrom?: Uint8Array): Promise<Finished> {
  const outcome = await train(backend, run, hooks, resumeFrom);
  if (outcome.kind !== 'finished') throw new Error('it stopped');
  return outcome;
}

/** What must be equal where two runs are the same run. */
const facts = ({ model, weightsHex }: Finished): unknown => ({ weightsHex, commitmentHex: model.commitmentHex, metrics: model.metrics });

/** Runs up to a step, asks it to stop, and gives its checkpoint. */
async function stopAt(run: TrainingRun, step: number, resumeFrom?: Uint8Array): Promise<Uint8Array> {
  const checkpoints: Uint8Array[] = [];
  let done = 0;
  const onCheckpoint = (bytes: Uint8Array): void => void checkpoints.push(bytes);
  const before = resumeFrom === undefined ? 0 : decodeCheckpoint(resumeFrom, toHex(await startChain(run))).state.step;
  const outcome = await train(backend, run, { onCheckpoint, shouldStop: () => before + done++ >= step }, resumeFrom);
  expect(outcome).toEqual({ kind: 'stopped', step });
  return checkpoints.at(-1) as Uint8Array;
}

async function refusal(work: Promise<unknown>): Promise<CyxError> {
  return work.then(
    () => Promise.reject(new Error('it was accepted')),
    (error: unknown) => (error instanceof CyxError ? error : Promise.reject(error as Error)),
  );
}

describe('train', () => {
  it('gives the same weights and the same commitment each time, and frees what it used', async () => {
    const before = tf.memory().numTensors;
    const runs = [await finish(tinyRun()), await finish(tinyRun()), await finish(tinyRun())].map(facts);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['adam', 'sgd'] as const)('goes on with %s after a stop at any step as if nothing had happened', async (optimizer) => {
    const run = tinyRun({ hyperParameters: { ...SOME_HYPER_PARAMETERS, optimizer } });
    const whole = facts(await finish(run));
    // Before the first step, around links (every 4) and ends of epochs (every 5), and before the last.
    for (const step of [0, 1, 3, 4, 5, 10, 14]) {
      expect(facts(await finish(run, {}, await stopAt(run, step)))).toEqual(whole);
    }
    const twice = await stopAt(run, 11, await stopAt(run, 6));
    expect(facts(await finish(run, {}, twice))).toEqual(whole);
  });

  it('says on which devices it was, and in what it computed nothing of that shows', async () => {
    const whole = facts(await finish(tinyRun()));
    const checkpoint = await stopAt(tinyRun({ device: 'one' }), 6);
    const same = await finish(tinyRun({ device: 'one' }), {}, checkpoint);
    expect([facts(same), same.devices]).toEqual([whole, [{ fromStep: 1, device: 'one' }]]);
    const moved = await finish(tinyRun({ device: 'other' }), {}, checkpoint);
    expect([facts(moved), moved.devices]).toEqual([whole, [{ fromStep: 1, device: 'one' }, { fromStep: 7, device: 'other' }]]);
  });

  it('waits where it is asked to, after a checkpoint, and the time is not counted', async () => {
    let asked = 0;
    const checkpoints: Uint8Array[] = [];
    const pause = (): Promise<void> | undefined => (asked++ === 5 ? new Promise((resolve) => setTimeout(resolve, 500)) : undefined);
    const undisturbed = await finish(tinyRun({ checkpointEverySteps: 100 }));
    const startedMs = performance.now();
    const waited = await finish(tinyRun({ checkpointEverySteps: 100 }), { pause, onCheckpoint: (bytes) => void checkpoints.push(bytes) });
    expect(facts(waited)).toEqual(facts(undisturbed));
    // One for the pause, and the last link.
    expect(checkpoints).toHaveLength(2);
    // Not against the other run's time: on a busy machine two equal runs differ by more than the pause.
    expect(performance.now() - startedMs - waited.trainingMs).toBeGreaterThan(490);
  });

  it('can be resumed from every checkpoint that it wrote', async () => {
    const checkpoints: Uint8Array[] = [];
    const whole = facts(await finish(tinyRun(), { onCheckpoint: (bytes) => void checkpoints.push(bytes) }));
    // Steps 4, 8, 12 and the last.
    expect(checkpoints).toHaveLength(4);
    for (const checkpoint of checkpoints) expect(facts(await finish(tinyRun(), {}, checkpoint))).toEqual(whole);
  });

  it('commits to a chain that anyone can compute again from the checkpoints', async () => {
    const run = tinyRun({ checkpointEverySteps: 8 });
    const checkpoints: Uint8Array[] = [];
    const { model } = await finish(run, { onCheckpoint: (bytes) => void checkpoints.push(bytes) });
    const start = await startChain(run);
    const [checkpoint] = checkpoints.map((bytes) => decodeCheckpoint(bytes, toHex(start)));
    // Links reset the sum of losses, so the sum over 8 steps comes from a run that links one step later.
    const later = tinyRun({ checkpointEverySteps: 9 });
    const { state } = decodeCheckpoint(await stopAt(later, 8), toHex(await startChain(later)));
    const link = { step: 8, stateHash: await hashTensors(checkpoint?.tensors ?? new Map()), epoch: 1, batch: 3, meanLoss: state.sinceLink.loss / 8 };
    expect(checkpoint?.state.chainHex).toBe(toHex(await extendChain(start, link)));
    expect(model.commitmentHex).not.toBe(checkpoint?.state.chainHex);
  });

  it('depends on the seed', async () => {
    const other = tinyRun({ hyperParameters: { ...SOME_HYPER_PARAMETERS, seed: 12 } });
    expect((await finish(other)).weightsHex).not.toBe((await finish(tinyRun())).weightsHex);
  });

  it('learns, and a saved model evaluates as it was', async () => {
    const run = tinyRun({ dataset: tinyPictures(150), hyperParameters: { ...SOME_HYPER_PARAMETERS, epochs: 12 } });
    const { model } = await finish(run);
    expect(model.metrics.accuracy).toBeGreaterThan(0.9);
    const heldOut = tinyPictures(60, 6, 99);
    const evaluation = evaluateModel(backend, decodeModel(encodeModel(model)), heldOut);
    expect(evaluation.accuracy).toBeGreaterThan(0.9);
    expect(evaluation.confusion.flat().reduce((a, b) => a + b)).toBe(60);
    expect(evaluation.confusion.reduce((sum, row, truth) => sum + (row[truth] ?? 0), 0)).toBe(Math.round(evaluation.accuracy * 60));
    expect(encodeModel(decodeModel(encodeModel(model)))).toEqual(encodeModel(model));
  });
});

describe('progress', () => {
  it('has the first step at once, the last step, and at most five reports in any second', async () => {
    const reports: (TrainingProgress & { atMs: number })[] = [];
    const run = tinyRun({ hyperParameters: { ...SOME_HYPER_PARAMETERS, epochs: 40 } });
    await finish(run, { onProgress: (progress) => void reports.push({ ...progress, atMs: performance.now() }) });
    expect(reports[0]).toMatchObject({ step: 1, steps: 200, epoch: 1, epochs: 40 });
    expect(reports.at(-1)).toMatchObject({ step: 200, epoch: 40 });
    for (const { atMs } of reports) expect(reports.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1000).length).toBeLessThanOrEqual(5);
    for (const { accuracy, loss, samplesPerSecond } of reports) {
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
      expect(Number.isFinite(loss) && samplesPerSecond > 0).toBe(true);
    }
  });
});

describe('what can go wrong', () => {
  it('names the step where the loss stops being a number', async () => {
    const run = tinyRun({ hyperParameters: { ...SOME_HYPER_PARAMETERS, optimizer: 'sgd', learningRate: 10, epochs: 200 }, dataset: { ...tinyPictures(70), normalise: { scale: 1e18, offset: 0 } } });
    const error = await refusal(train(backend, run));
    expect(error.code).toBe('TRAINING_DIVERGED');
    expect(Number(error.facts['step'])).toBeGreaterThanOrEqual(1);
    expect(error.message).toMatch(/step \d+.*smaller learning rate/);
  });

  it('refuses a dataset that does not fit', async () => {
    const error = await refusal(train(backend, tinyRun({ dataset: tinyPictures(9, 7) })));
    expect(error.code).toBe('DATASET_INVALID');
  });

  it('refuses a checkpoint of another run, and one that is broken', async () => {
    const checkpoint = await stopAt(tinyRun(), 3);
    const other = tinyRun({ datasetCid: 'bafy-other' });
    expect((await refusal(train(backend, other, {}, checkpoint))).message).toMatch(/belongs to another run/);
    expect((await refusal(train(backend, tinyRun(), {}, checkpoint.subarray(0, 900)))).code).toBe('TRAINING_FAILED');
  });
});
