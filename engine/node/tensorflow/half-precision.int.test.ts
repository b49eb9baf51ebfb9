import { beforeAll, describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import type { Tf } from '../../backend.ts';
import { tinyPictures, tinyRun } from '../../testing/tiny.ts';
import { graphPass } from '../../testing/graph-pass.ts';
import { plainBatch, plainModel } from '../../testing/layer-cases.ts';
import { train } from '../../trainer/train.ts';
import { loadTensorflow } from '../load-tensorflow.ts';
import { graphBackend } from './backend.ts';

let tf: Tf;
beforeAll(() => {
  ({ tf } = loadTensorflow({ threads: 2 }));
});

const graph = parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Conv2D', { filters: 4 }], ['BatchNorm'], ['GELU'], ['Flatten'], ['Linear', { units: 3 }], ['Output']));

/** bfloat16 keeps 8 binary digits: one part in 256 of each factor. */
const ROUGH = 0.05;

describe('a graph in half precision', () => {
  it('gives about what it gives in full precision, and not exactly that', () => {
    const model = plainModel(graph);
    const batch = plainBatch(graph, 5);
    const [half, whole] = [true, false].map((isMixed) => graphPass(tf, model, batch, { seed: 1, step: 1, isMixed }));
    expect(half?.loss).not.toBe(whole?.loss);
    expect(Math.abs((half?.loss ?? NaN) - (whole?.loss ?? NaN))).toBeLessThan(ROUGH);
    const names = [...(whole?.gradients.keys() ?? [])].filter((name) => name !== 'conv2d1.bias');
    for (const name of names) {
      const [ours, exact] = [half?.gradients.get(name) ?? [], whole?.gradients.get(name) ?? []] as [Float32Array, Float32Array];
      const largest = Math.max(...exact.map(Math.abs));
      exact.forEach((value, at) => expect(Math.abs((ours[at] as number) - value), name).toBeLessThan(ROUGH * Math.max(largest, 0.1)));
    }
  });

  it('trains where the device has it, the same bits each time, and is float32 where it has not', async () => {
    const hyperParameters = { epochs: 2, batchSize: 16, learningRate: 0.01, optimizer: 'adam', seed: 11, mixedPrecision: true } as const;
    const weightsOf = async (halfPrecision: boolean, mixedPrecision: boolean): Promise<string> => {
      const run = tinyRun({ graph, dataset: tinyPictures(70), hyperParameters: { ...hyperParameters, mixedPrecision } });
      const outcome = await train(graphBackend(tf, { halfPrecision }), run);
      return outcome.kind === 'finished' ? outcome.weightsHex : 'not finished';
    };
    const half = await weightsOf(true, true);
    const whole = await weightsOf(false, true);
    expect(await weightsOf(true, true)).toBe(half);
    expect(half).not.toBe(whole);
    expect(await weightsOf(true, false)).toBe(whole);
  });
});
