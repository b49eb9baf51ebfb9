import { beforeAll, describe, expect, it } from 'vitest';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { OPTIMIZERS } from '#core/graph/optimizers';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import { BatchReader } from '../../data/batches.ts';
import type { NamedTensor } from '../../formats/safetensors.ts';
import { compileModel } from '../../model/model.ts';
import { initialWeights } from '../../model/weights.ts';
import { tfjsBackend } from '../../ops/tfjs/backend.ts';
import { plainTensorflow, tinyPictures } from '../../testing/tiny.ts';
import { inputFormat, type Backend } from '../../trainer/stepper.ts';
import { loadTensorflow } from '../load-tensorflow.ts';
import { graphBackend } from './backend.ts';

let graph: Backend;
let tfjs: Backend;
beforeAll(async () => {
  const { tf } = loadTensorflow({ threads: 2 });
  graph = graphBackend(tf);
  tfjs = tfjsBackend(await plainTensorflow());
});

const STEPS = 8;
const BATCH = 10;
const dataset = tinyPictures(STEPS * BATCH);
const model = compileModel(parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Flatten'], ['Linear', { units: 5 }], ['Tanh'], ['Linear', { units: 3 }], ['Output'])));

/** Weights and slots after some steps. */
function stateAfter(backend: Backend, values: object): Map<string, NamedTensor> {
  const hyperParameters = hyperParametersSchema.parse({ epochs: 1, batchSize: BATCH, learningRate: 0.02, seed: 3, ...values });
  const tensors = initialWeights([...model.trainable, ...model.frozen], 3);
  const stepper = backend.createStepper({ model, input: inputFormat(dataset), hyperParameters, steps: STEPS, tensors });
  const reader = new BatchReader(dataset);
  const order = Uint32Array.from({ length: dataset.samples }, (_, index) => index);
  for (let step = 1; step <= STEPS; step++) stepper.run(reader.read(order, (step - 1) * BATCH, step * BATCH), step);
  const state = stepper.state();
  stepper.dispose();
  return state;
}

const PLANS = [
  ...OPTIMIZERS.map((optimizer) => ({ optimizer })),
  ...OPTIMIZERS.map((optimizer) => ({ optimizer, weightDecay: 0.05 })),
  { optimizer: 'rmsprop', momentum: 0.8, rho: 0.95, epsilon: 1e-3 },
  { optimizer: 'adam', beta1: 0.8, beta2: 0.99, epsilon: 1e-4 },
  { optimizer: 'sgd', clipNorm: 0.5 },
  { optimizer: 'momentum', momentum: 0.5, clipValue: 0.02 },
  { optimizer: 'sgd', schedule: { kind: 'step', everySteps: 3 } },
  { optimizer: 'adamw', schedule: { kind: 'cosine' }, warmUpSteps: 3 },
  { optimizer: 'nesterov', schedule: { kind: 'oneCycle' } },
];

describe('optimizers of graphs and of TensorFlow.js', () => {
  it.each(PLANS)('go the same way: %o', (plan) => {
    const [ours, theirs] = [stateAfter(graph, plan), stateAfter(tfjs, plan)];
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [name, { data }] of ours) {
      const other = theirs.get(name)?.data as Float32Array;
      const largest = Math.max(...other.map(Math.abs));
      data.forEach((value, at) => expect(Math.abs(value - (other[at] as number)), name).toBeLessThan(1e-4 * Math.max(largest, 0.1)));
    }
  });
});
