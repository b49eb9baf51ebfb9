import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import type { Batch } from '../data/batches.ts';
import { BYTES_TO_UNIT, encodeDataset, type Dataset } from '../data/dataset.ts';
import { memoryData, type BatchPlan, type TrainingData } from '../data/source.ts';
import { SOME_HYPER_PARAMETERS, tinyPictures, tinyRun } from '../testing/tiny.ts';
import { train } from '../trainer/train.ts';
import { openDatasetFile } from './dataset-file.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { graphBackend } from './tensorflow/backend.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cyxwiz-data-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function fileOf(dataset: Dataset, name = 'data'): string {
  const path = join(root, `${name}.safetensors`);
  writeFileSync(path, encodeDataset(dataset));
  return path;
}

async function batchesOf(data: TrainingData, plan: BatchPlan): Promise<Batch[]> {
  const source = data.open(plan);
  const batches: Batch[] = [];
  for (let step = plan.fromStep; step <= plan.toStep; step++) {
    const { samples, x, y } = await source.next();
    batches.push({ samples, x: x.slice(), y: y.slice() });
  }
  source.close();
  return batches;
}

const pictures = tinyPictures(70);
const sentences: Dataset = {
  samples: 9,
  shape: [3],
  x: Int32Array.from({ length: 27 }, (_, at) => at % 9),
  y: Float32Array.from({ length: 18 }, (_, at) => at / 4),
  classes: 0,
  normalise: { scale: 1, offset: 0 },
};
const heights: Dataset = { ...pictures, x: Float32Array.from(pictures.x), y: Int32Array.from(pictures.y) };

describe('batches from a file', () => {
  it.each([
    ['bytes', pictures],
    ['floats', heights],
    ['indices and numbers', sentences],
  ])('are those from memory: %s', async (_what, dataset) => {
    const data = openDatasetFile(fileOf(dataset));
    expect(data.facts).toEqual(memoryData(dataset).facts);
    // From the middle of an epoch, with a smaller last batch, over two ends of epochs.
    const plan = { batchSize: 4, seed: 7, fromStep: 3, toStep: 40 };
    expect(await batchesOf(data, plan)).toEqual(await batchesOf(memoryData(dataset), plan));
  });

  it('train to the same bits, also where a run goes on', async () => {
    const backend = graphBackend(loadTensorflow({ threads: 2 }).tf);
    const dataset = openDatasetFile(fileOf(pictures));
    const outcome = async (run = tinyRun(), resumeFrom?: Uint8Array): Promise<unknown> => {
      const done = await train(backend, run, {}, resumeFrom);
      return done.kind === 'finished' && [done.weightsHex, done.model.commitmentHex, done.model.metrics];
    };
    const whole = await outcome();
    expect(await outcome(tinyRun({ dataset }))).toEqual(whole);
    const kept: Uint8Array[] = [];
    await train(backend, tinyRun(), { onCheckpoint: (bytes) => void kept.push(bytes) });
    // In the middle, and after the last step, where there is nothing left to read.
    for (const from of [kept[1], kept.at(-1)]) expect(await outcome(tinyRun({ dataset }), from)).toEqual(whole);
  });

  it('are refused where any window of the file is wrong', () => {
    const graph = parseGraph(chain(['DataInput', { shape: [1024, 1024, 1] }], ['Flatten'], ['Linear', { units: 3 }], ['Output']));
    const samples = 10;
    const large: Dataset = { samples, shape: [1024, 1024, 1], x: new Float32Array(samples * 2 ** 20), y: new Uint8Array(samples), classes: 3, normalise: { scale: 1, offset: 0 } };
    openDatasetFile(fileOf(large)).checkFits(graph);
    large.x[9 * 2 ** 20] = NaN;
    expect(() => openDatasetFile(fileOf(large)).checkFits(graph)).toThrow(/NaN.*counted from sample 8 on/);
    const other = fileOf({ ...pictures, samples: 69, x: pictures.x.subarray(36), y: pictures.y.subarray(1) }, 'other');
    expect(() => openDatasetFile(other).checkFits(graph)).toThrow(/have shape \[6, 6, 1\]; the model's DataInput takes \[1024, 1024, 1\]/);
    writeFileSync(join(root, 'short'), encodeDataset(pictures).subarray(0, 900));
    expect(() => openDatasetFile(join(root, 'short'))).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }) as Error);
  });
});

describe('a file larger than its share of memory', () => {
  it('is trained on without being read into memory, and the device waits for nothing', async () => {
    const [samples, side] = [4_000, 256];
    const x = new Uint8Array(samples * side * side);
    for (let at = 0; at < x.length; at += 97) x[at] = at & 0xff;
    const path = fileOf({ samples, shape: [side, side, 1], x, y: new Uint8Array(samples), classes: 3, normalise: BYTES_TO_UNIT }, 'large');
    const graph = parseGraph(chain(['DataInput', { shape: [side, side, 1] }], ['Conv2D', { filters: 4, strides: 4 }], ['ReLU'], ['GlobalAvgPool'], ['Linear', { units: 3 }], ['Output']));
    const backend = graphBackend(loadTensorflow({ threads: 2 }).tf);
    const [shape, normalise] = [[side, side, 1], BYTES_TO_UNIT];
    const run = tinyRun({ graph, hyperParameters: { ...SOME_HYPER_PARAMETERS, epochs: 1, batchSize: 100 }, checkpointEverySteps: 1_000 });
    const timed = async (dataset: Dataset | TrainingData): Promise<{ bits: string; trainingMs: number }> => {
      const done = await train(backend, { ...run, dataset });
      if (done.kind !== 'finished') throw new Error('it stopped');
      return { bits: done.weightsHex, trainingMs: done.trainingMs };
    };
    const inMemory: Dataset = { samples, shape, x, y: new Uint8Array(samples), classes: 3, normalise };
    const times: number[][] = [];
    for (let round = 0; round < 3; round++) {
      const [memory, file] = [await timed(inMemory), await timed(openDatasetFile(path))];
      expect(file.bits).toBe(memory.bits);
      times.push([memory.trainingMs, file.trainingMs]);
    }
    const ratio = times.map(([memory = 0, file = 1]) => memory / file).sort((a, b) => a - b)[1] ?? 0;
    console.log(`262 MB of pictures: from memory ${times.map(([memory = 0]) => Math.round(memory)).join()} ms, from the file ${times.map(([, file = 0]) => Math.round(file)).join()} ms; speed ratio ${ratio.toFixed(2)}`);
    expect(ratio).toBeGreaterThan(0.6);
  });
});
