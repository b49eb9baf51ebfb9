/** The engine's side of the comparisons, on any of its backends, with weights and batches as Keras gets them. */
import type { HyperParameters } from '#core/graph/hyper-parameters';
import { sizeOf } from '#core/graph/layers/layer-spec';
import type { ModelGraph } from '#core/graph/schema';
import { randomStream, type RandomStream } from '#engine/data/random';
import type { NamedTensor } from '#engine/formats/safetensors';
import { compileModel, type CompiledModel } from '#engine/model/model';
import type { InputFormat, Stepper } from '#engine/trainer/stepper';
import type { Batch } from '#engine/data/batches';
import type { ReferenceBatch, Tensors } from './keras.ts';
import type { Side } from './sides.ts';

function inputOf({ x }: ReferenceBatch): InputFormat {
  const dtype = x.data instanceof Int32Array ? 'int32' : 'float32';
  return { shape: x.shape.slice(1), dtype, normalise: { scale: 1, offset: 0 } };
}

export function engineBatch({ x, y }: ReferenceBatch): Batch {
  if (y.data instanceof Uint8Array) throw new TypeError('targets are int32 or float32');
  return { samples: x.shape[0] ?? 0, x: x.data, y: y.data };
}

/**
 * Weights that hide nothing, unlike those that a run starts with: no zeros, no ones, moving statistics that move values.
 * Kernels are as large as keeps what flows through them at its size.
 */
export function randomWeights({ trainable, frozen }: Pick<CompiledModel, 'trainable' | 'frozen'>, seed: number): Map<string, NamedTensor> {
  return new Map(
    [...trainable, ...frozen].map(({ fullName, name, shape, size }): [string, NamedTensor] => {
      const random = randomStream(seed, `reference/${fullName}`);
      const fanIn = Math.max(1, sizeOf(shape.slice(0, -1)));
      const isFactor = name === 'gamma' || name === 'movingVariance';
      const spread = shape.length > 1 ? Math.sqrt(3 / fanIn) : 0.4;
      const data = Float32Array.from({ length: size }, () => (isFactor ? 0.5 + random.nextUniform() : (2 * random.nextUniform() - 1) * spread));
      return [fullName, { shape, data }];
    }),
  );
}

/** Values of about the normal distribution: the sum of four even ones. */
export function randomValues(shape: readonly number[], random: RandomStream): NamedTensor {
  const one = (): number => random.nextUniform() + random.nextUniform() + random.nextUniform() + random.nextUniform() - 2;
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => 1.7 * one()) };
}

export function randomIndices(shape: readonly number[], bound: number, random: RandomStream): NamedTensor {
  return { shape, data: Int32Array.from({ length: sizeOf(shape) }, () => random.nextBelow(bound)) };
}

interface Run {
  readonly graph: ModelGraph;
  readonly weights: Tensors;
}

function start({ backend, activate }: Side, { graph, weights }: Run, batch: ReferenceBatch, settings: { hyperParameters: HyperParameters; steps: number }): Stepper {
  activate();
  return backend.createStepper({ model: compileModel(graph), input: inputOf(batch), ...settings, tensors: weights });
}

const BETA_1 = 0.9;

/**
 * Loss and gradients in training mode at step 1, read from the state of a run, so that what is compared is what trains:
 * after one step Adam's first slot is (1 − β1) times the gradient. `weights` are those that layers keep themselves.
 */
export function engineGradients(side: Side, run: Run, batch: ReferenceBatch, seed = 0): { loss: number; gradients: Map<string, Float32Array>; weights: Tensors } {
  const hyperParameters: HyperParameters = { epochs: 1, batchSize: batch.x.shape[0] ?? 1, learningRate: 0.001, optimizer: 'adam', seed };
  const stepper = start(side, run, batch, { hyperParameters, steps: 1 });
  try {
    stepper.run(engineBatch(batch), 1);
    const [metrics] = stepper.readMetrics();
    const slot = /^adam\.m:(.*)$/;
    const gradients = [...stepper.state()].flatMap(([name, { data }]): [string, Float32Array][] => {
      const weight = slot.exec(name)?.[1];
      return weight === undefined ? [] : [[weight, Float32Array.from(data, (value) => value / (1 - BETA_1))]];
    });
    return { loss: metrics!.loss, gradients: new Map(gradients), weights: stepper.weights() };
  } finally {
    stepper.dispose();
  }
}

/** The loss of each of `steps` steps over the batches, round and round, and the weights after them. */
export function engineTrain(side: Side, run: Run, options: { hyperParameters: HyperParameters; batches: readonly ReferenceBatch[]; steps: number }): { losses: number[]; weights: Tensors } {
  const { hyperParameters, batches, steps } = options;
  const stepper = start(side, run, batches[0]!, { hyperParameters, steps });
  try {
    for (let step = 1; step <= steps; step++) stepper.run(engineBatch(batches[(step - 1) % batches.length]!), step);
    return { losses: stepper.readMetrics().map(({ loss }) => loss), weights: stepper.weights() };
  } finally {
    stepper.dispose();
  }
}

/** Scores before the loss's softmax or sigmoid, in inference mode. */
export function engineForward(side: Side, { graph, weights }: Run, batch: ReferenceBatch): Float32Array {
  side.activate();
  return side.scores({ model: compileModel(graph), input: inputOf(batch), weights }, engineBatch(batch));
}

/** Largest difference, as a share of the largest value that was expected, or of 1 where `atLeastOne` and that is less. */
export function difference(got: ArrayLike<number>, expected: ArrayLike<number>, atLeastOne = true): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [largest, apart] = [atLeastOne ? 1 : Number.MIN_VALUE, 0];
  for (let at = 0; at < expected.length; at++) {
    const gap = Math.abs(got[at]! - expected[at]!);
    if (Number.isNaN(gap)) return Number.POSITIVE_INFINITY;
    apart = Math.max(apart, gap);
    largest = Math.max(largest, Math.abs(expected[at]!));
  }
  return apart / largest;
}

/** A gradient that is all but zero beside the model's others is measured by this share of the largest. */
const LEAST_SHARE = 0.01;

const magnitude = (values: ArrayLike<number>): number => Array.from(values).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);

/** The worst of a model's gradients: largest difference in a weight's gradient by the largest value in it. */
export function gradientDifference(got: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): number {
  if (got.size !== expected.size) return Number.POSITIVE_INFINITY;
  const overall = Math.max(Number.MIN_VALUE, ...[...expected.values()].map(({ data }) => magnitude(data)));
  const shares = [...expected].map(([name, { data }]) => {
    const found = got.get(name);
    if (found === undefined) return Number.POSITIVE_INFINITY;
    const own = Math.max(magnitude(data), LEAST_SHARE * overall);
    return difference(found.map((value) => value / own), Array.from(data, (value) => value / own));
  });
  return Math.max(...shares);
}
