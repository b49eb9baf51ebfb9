import type { Tensor, Tf } from '../../backend.ts';
import type { Batch } from '../../data/batches.ts';
import { randomStream } from '../../data/random.ts';
import type { NamedTensor } from '../../formats/safetensors.ts';
import { targetSides, type CompiledModel } from '../../model/model.ts';
import { weightValues, type ModelWeight, type WeightMap } from '../../model/weights.ts';
import type { InputFormat } from '../../trainer/stepper.ts';

/** A batch on the device, normalised; indices as they are. */
export function inputTensor(tf: Tf, { x, samples }: Batch, { shape, normalise }: InputFormat): Tensor {
  if (x instanceof Int32Array) return tf.tensor(x, [samples, ...shape], 'int32');
  const values = x instanceof Float32Array ? x : Float32Array.from(x);
  const { scale, offset } = normalise;
  const scaled = scale === 1 ? tf.tensor(values, [samples, ...shape]) : tf.mul(tf.tensor(values, [samples, ...shape]), scale);
  return offset === 0 ? scaled : tf.add(scaled, offset);
}

/** Labels [samples] or values [samples, scores] on the device. */
export function targetTensor(tf: Tf, { y, samples }: Pick<Batch, 'y' | 'samples'>, model: Pick<CompiledModel, 'needs'>): Tensor {
  return tf.tensor(y, [samples, ...targetSides(model)], y instanceof Int32Array ? 'int32' : 'float32');
}

/** Weights on the device, under their full names. */
export function loadWeights(tf: Tf, weights: readonly ModelWeight[], source: WeightMap): Map<string, Tensor> {
  return new Map(weights.map(({ fullName, shape }) => [fullName, tf.tensor(weightValues(source, fullName, shape), [...shape])]));
}

export function readTensor(tensor: Tensor): NamedTensor {
  const data = tensor.dataSync();
  if (!(data instanceof Float32Array)) throw new TypeError('expected a float tensor');
  return { shape: tensor.shape, data };
}

/** Random numbers in the shape of `like`: a function of (seed, label, step). */
export function uniformLike(tf: Tf, like: Tensor, stream: { readonly seed: number; readonly label: string; readonly step: number }): Tensor {
  const random = randomStream(stream.seed, stream.label, stream.step);
  const values = new Float32Array(like.size);
  for (let i = 0; i < values.length; i++) values[i] = random.nextUniform();
  return tf.tensor(values, like.shape);
}
