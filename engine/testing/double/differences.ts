import { randomStream } from '../../data/random.ts';
import { forward } from '../../model/model.ts';
import type { PlainBatch, PlainModel } from '../layer-cases.ts';
import { DOUBLE_OPS } from './double-ops.ts';
import { sizeOfSides, type DoubleTensor } from './tensor.ts';

/** Where random numbers come from: the same ones that the backend under test draws. */
export type Uniform = (label: string, count: number) => ArrayLike<number>;

export interface DoublePass {
  readonly scores: Float64Array;
  readonly loss: number;
  readonly correct: number;
}

const asDouble = (data: ArrayLike<number>, sides: readonly number[], dtype: DoubleTensor['dtype']): DoubleTensor => ({ sides, data: Float64Array.from(data), dtype });

function weightTensors({ weights }: PlainModel): Map<string, DoubleTensor> {
  return new Map([...weights].map(([name, { shape, data }]) => [name, asDouble(data, shape, 'float32')]));
}

function pass({ model }: PlainModel, batch: PlainBatch, tensors: ReadonlyMap<string, DoubleTensor>, training: boolean, uniform: Uniform): DoublePass {
  const x = asDouble(batch.x, batch.xShape, batch.x instanceof Int32Array ? 'int32' : 'float32');
  const y = asDouble(batch.y, batch.yShape, batch.y instanceof Int32Array ? 'int32' : 'float32');
  const scores = forward(model, x, {
    ops: DOUBLE_OPS,
    training,
    weight: (name) => tensors.get(name) as DoubleTensor,
    updateWeight: () => {},
    uniform: (label, like) => asDouble(uniform(label, sizeOfSides(like.sides)), like.sides, 'float32'),
  });
  return {
    scores: scores.data,
    loss: model.loss.mean(DOUBLE_OPS, scores, y).data[0] as number,
    correct: model.loss.correct(DOUBLE_OPS, scores, y).data[0] as number,
  };
}

/** Scores and loss in double precision. */
export function doublePass(model: PlainModel, batch: PlainBatch, options: { readonly training: boolean; readonly uniform: Uniform }): DoublePass {
  return pass(model, batch, weightTensors(model), options.training, options.uniform);
}

/** Small enough that curvature does not show, large enough that double precision does not either. */
const STEP = 1e-5;

export interface Slope {
  readonly weight: string;
  readonly at: number;
  readonly slope: number;
}

/** The loss's slope along some values of each weight, `most` a weight: central differences in double precision. */
export function differences(model: PlainModel, batch: PlainBatch, uniform: Uniform, most = 6): Slope[] {
  const tensors = weightTensors(model);
  return model.model.trainable.flatMap(({ fullName, size }) => {
    const random = randomStream(5, `differences/${fullName}`);
    const { data } = tensors.get(fullName) as DoubleTensor;
    const places = size <= most ? Array.from({ length: size }, (_, at) => at) : Array.from({ length: most }, () => random.nextBelow(size));
    return places.map((at): Slope => {
      const value = data[at] as number;
      const lossAt = (changed: number): number => {
        data[at] = changed;
        return pass(model, batch, tensors, true, uniform).loss;
      };
      const slope = (lossAt(value + STEP) - lossAt(value - STEP)) / (2 * STEP);
      data[at] = value;
      return { weight: fullName, at, slope };
    });
  });
}

/**
 * The largest difference between gradients and slopes, as a share of the largest slope of the same weight. Weights whose
 * slopes are all next to nothing beside the model's largest (a key's bias has none at all) are measured by that.
 */
export function worstShare(slopes: readonly Slope[], gradients: ReadonlyMap<string, ArrayLike<number>>): { readonly share: number; readonly weight: string } {
  const largest = new Map<string, number>();
  for (const { weight, slope } of slopes) largest.set(weight, Math.max(largest.get(weight) ?? 0, Math.abs(slope)));
  const least = Math.max(...largest.values()) / 100;
  let worst = { share: 0, weight: '' };
  for (const { weight, at, slope } of slopes) {
    const error = Math.abs((gradients.get(weight)?.[at] ?? Number.NaN) - slope);
    const share = error / Math.max(largest.get(weight) ?? 0, least);
    if (!(share <= worst.share)) worst = { share, weight };
  }
  return worst;
}
