import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import type { ModelGraph } from '#core/graph/schema';
import { countParameters, inferShapes } from '#core/graph/shapes';
import { chain, randomGraph, type RawLayer } from '#core/graph/testing/graphs';
import type { Tensor, Tf } from '../backend.ts';
import { plainTensorflow } from '../testing/tiny.ts';
import { randomStream } from '../data/random.ts';
import { lossOf } from '../losses/table.ts';
import { loadWeights, uniformLike } from '../ops/tfjs/run-model.ts';
import { tfjsOps } from '../ops/tfjs/tfjs-ops.ts';
import { compileModel, forward, type CompiledModel } from './model.ts';
import { initialWeights } from './weights.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await plainTensorflow();
});

interface Started {
  readonly model: CompiledModel;
  readonly weights: Map<string, Tensor>;
}

function start(graph: ModelGraph, seed = 1): Started {
  const model = compileModel(graph);
  const all = [...model.trainable, ...model.frozen];
  return { model, weights: loadWeights(tf, all, initialWeights(all, seed)) };
}

interface Pass {
  readonly training: boolean;
  readonly step?: number;
  readonly update?: (name: string, value: Tensor) => void;
}

const inference: Pass = { training: false };
const training: Pass = { training: true };

function run(model: Pick<CompiledModel, 'stages'>, weights: ReadonlyMap<string, Tensor>, x: Tensor, pass: Pass): Tensor {
  return forward(model, x, {
    ops: tfjsOps(tf),
    training: pass.training,
    weight: (name) => weights.get(name) as Tensor,
    updateWeight: pass.update ?? (() => {}),
    uniform: (label, like) => uniformLike(tf, like, { seed: 4, label, step: pass.step ?? 1 }),
  });
}

function crossEntropy(scores: Tensor, labels: Tensor): Tensor {
  return lossOf({ loss: 'crossEntropy' }).mean(tfjsOps(tf), scores, labels);
}

function samples(shape: readonly number[], count: number): Tensor {
  const random = randomStream(9, 'samples');
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, count) }, () => random.nextUniform() * 2 - 1);
  return tf.tensor(values, [count, ...shape]);
}

/** One layer between input and scores, run on given values with given weights. */
function runLayer(shape: number[], layer: RawLayer, x: number[], values: Record<string, number[]>, pass = inference): number[] {
  const graph = parseGraph(chain(['DataInput', { shape }], layer, ['Flatten'], ['Linear', { units: 2 }], ['Output']));
  const { model, weights } = start(graph);
  for (const [name, given] of Object.entries(values)) {
    const fullName = `${layer[0].toLowerCase()}1.${name}`;
    weights.set(fullName, tf.tensor(given, weights.get(fullName)?.shape));
  }
  const batch = tf.tensor(x, [x.length / shape.reduce((a, b) => a * b, 1), ...shape]);
  return [...run({ stages: model.stages.slice(0, 2) }, weights, batch, pass).dataSync()];
}

describe('each layer gives what its definition says', () => {
  it('Conv2D slides its kernel and adds its bias', () => {
    const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const kernel = { kernel: [1, 10, 100, 1000], bias: [0.5] };
    const out = runLayer([3, 3, 1], ['Conv2D', { filters: 1, kernelSize: 2 }], image, kernel);
    expect(out).toEqual([5421.5, 6532.5, 8754.5, 9865.5]);
  });

  it('MaxPool takes the largest of each window', () => {
    expect(runLayer([2, 4, 1], ['MaxPool'], [1, 5, 2, 0, 3, 4, -1, 7], {})).toEqual([5, 7]);
  });

  it('Linear multiplies and adds', () => {
    expect(runLayer([2], ['Linear', { units: 2 }], [1, 2], { kernel: [1, 2, 3, 4], bias: [10, 20] })).toEqual([17, 30]);
  });

  it('ReLU cuts off, Flatten keeps the order, Softmax adds up to one', () => {
    expect(runLayer([4], ['ReLU'], [-1, 0, 2, -3], {})).toEqual([0, 0, 2, 0]);
    expect(runLayer([2, 1, 2], ['Flatten'], [1, 2, 3, 4], {})).toEqual([1, 2, 3, 4]);
    const [low, high] = runLayer([2], ['Softmax'], [0, Math.log(3)], {});
    expect(low).toBeCloseTo(0.25, 6);
    expect(high).toBeCloseTo(0.75, 6);
  });

  it('BatchNorm uses its moving statistics outside training and the batch in it', () => {
    const weights = { gamma: [2], beta: [1], movingMean: [3], movingVariance: [4] };
    const layer: RawLayer = ['BatchNorm', { momentum: 0.75, epsilon: 1e-9 }];
    expect(runLayer([1], layer, [5, 1], weights).map((value) => Math.round(value * 1e4) / 1e4)).toEqual([3, -1]);
    const updates = new Map<string, number>();
    const update = (name: string, value: Tensor): void => void updates.set(name.split('.')[1] ?? '', value.dataSync()[0] as number);
    const inTraining = runLayer([1], layer, [10, 6], weights, { ...training, update });
    expect(inTraining.map((value) => Math.round(value * 1e4) / 1e4)).toEqual([3, -1]);
    expect(updates).toEqual(new Map([['movingMean', 0.75 * 3 + 0.25 * 8], ['movingVariance', 0.75 * 4 + 0.25 * 4]]));
  });

  it('Dropout drops its share in training, scales the rest, and is another mask each step', () => {
    const ones = new Array<number>(4000).fill(1);
    const masks = [1, 1, 2].map((step) => runLayer([4000], ['Dropout', { rate: 0.25 }], ones, {}, { ...training, step }));
    const kept = masks[0]?.filter((value) => value !== 0) ?? [];
    expect(Math.abs(kept.length / 4000 - 0.75)).toBeLessThan(0.03);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.75)]));
    expect(masks[1]).toEqual(masks[0]);
    expect(masks[2]).not.toEqual(masks[0]);
    expect(runLayer([4000], ['Dropout', { rate: 0.25 }], ones, {})).toEqual(ones);
  });
});

describe('the loss', () => {
  it('is the mean of −log softmax at the label, also for extreme scores', () => {
    const scores = tf.tensor2d([[0, Math.log(3)], [1000, -1000], [0, 0]]);
    const loss = crossEntropy(scores, tf.tensor1d([1, 1, 0], 'int32')).dataSync()[0] as number;
    expect(loss).toBeCloseTo((-Math.log(0.75) + 2000 - Math.log(0.5)) / 3, 3);
  });

  it('takes a Softmax before Output for the one that Output has anyway', () => {
    const layers: RawLayer[] = [['DataInput', { shape: [3] }], ['Linear', { units: 2 }]];
    const x = samples([3], 4);
    const outputs = [chain(...layers, ['Output']), chain(...layers, ['Softmax'], ['Output'])].map((raw) => {
      const { model, weights } = start(parseGraph(raw));
      return [...run(model, weights, x, inference).dataSync()];
    });
    expect(outputs[1]).toEqual(outputs[0]);
  });
});

describe('any graph', () => {
  it('runs with as many values, in the shapes, that core counts', () => {
    fc.assert(
      fc.property(randomGraph, (raw) => {
        const graph = parseGraph(raw);
        const { model, weights } = start(graph);
        const count = countParameters(graph);
        expect(model.trainable.reduce((sum, weight) => sum + weight.size, 0)).toBe(count.trainable);
        expect(model.frozen.reduce((sum, weight) => sum + weight.size, 0)).toBe(count.frozen);
        const facts = inferShapes(graph);
        const seen = new Map<string, readonly number[]>();
        const call = {
          ops: tfjsOps(tf),
          training: true,
          weight: (name: string) => weights.get(name) as Tensor,
          updateWeight: () => {},
          uniform: (label: string, like: Tensor) => uniformLike(tf, like, { seed: 4, label, step: 1 }),
          onOutput: (id: string, value: Tensor) => void seen.set(id, value.shape),
        };
        tf.tidy(() => forward(model, samples(facts[0]?.output ?? [], 2), call));
        for (const { node, output } of facts) expect(seen.get(node.id)).toEqual([2, ...output]);
        tf.dispose([...weights.values()]);
      }),
      { numRuns: 25 },
    );
  });

  it('has the gradient that small changes of its weights show', () => {
    const graph = parseGraph(
      chain(['DataInput', { shape: [5, 5, 2] }], ['Conv2D', { filters: 3 }], ['BatchNorm'], ['ReLU'], ['Dropout', { rate: 0.2 }], ['Flatten'], ['Linear', { units: 5 }], ['Softmax'], ['Linear', { units: 3 }], ['Output']),
    );
    const { model, weights } = start(graph, 3);
    const x = samples([5, 5, 2], 6);
    const y = tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32');
    const names = model.trainable.map(({ fullName }) => fullName);
    const loss = (...values: Tensor[]): Tensor => {
      const changed = new Map([...weights, ...names.map((name, index) => [name, values[index] as Tensor] as const)]);
      return crossEntropy(run(model, changed, x, training), y);
    };
    const values = names.map((name) => weights.get(name) as Tensor);
    const gradients = tf.grads(loss)(values).map((gradient) => gradient.dataSync());
    const random = randomStream(2, 'pick');
    for (let i = 0; i < 40; i++) {
      const which = random.nextBelow(values.length);
      const host = values[which]?.dataSync() as Float32Array;
      const at = random.nextBelow(host.length);
      const moved = (by: number): number => {
        const other = tf.tensor(host.map((value, index) => (index === at ? value + by : value)), values[which]?.shape);
        return loss(...values.map((value, index) => (index === which ? other : value))).dataSync()[0] as number;
      };
      const slope = (moved(5e-3) - moved(-5e-3)) / 1e-2;
      expect(Math.abs(slope - (gradients[which]?.[at] as number))).toBeLessThan(2e-3);
    }
  });
});

describe('initial weights', () => {
  const graph = parseGraph(chain(['DataInput', { shape: [40] }], ['Linear', { units: 60 }], ['BatchNorm'], ['Linear', { units: 2 }], ['Output']));
  const { trainable, frozen } = compileModel(graph);

  it('are even within the bound of Glorot and Bengio, biases zero, scales one', () => {
    const weights = initialWeights([...trainable, ...frozen], 8);
    const kernel = weights.get('linear1.kernel')?.data as Float32Array;
    const limit = Math.sqrt(6 / 100);
    expect(Math.max(...kernel)).toBeLessThanOrEqual(limit);
    expect(Math.max(...kernel)).toBeGreaterThan(limit * 0.98);
    expect(Math.min(...kernel)).toBeLessThan(-limit * 0.98);
    expect(Math.abs(kernel.reduce((a, b) => a + b, 0) / kernel.length)).toBeLessThan(limit * 0.04);
    expect(new Set(weights.get('linear1.bias')?.data)).toEqual(new Set([0]));
    expect(new Set(weights.get('batchnorm2.gamma')?.data)).toEqual(new Set([1]));
    expect(new Set(weights.get('batchnorm2.movingVariance')?.data)).toEqual(new Set([1]));
  });

  it('are the same for one seed and others for another', () => {
    const kernelOf = (seed: number): string => (initialWeights(trainable, seed).get('linear1.kernel')?.data ?? []).join();
    expect(kernelOf(8)).toBe(kernelOf(8));
    expect(kernelOf(9)).not.toBe(kernelOf(8));
  });
});
