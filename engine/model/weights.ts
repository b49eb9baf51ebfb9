import { sizeOf } from '#core/graph/layers/layer-spec';
import { CyxError } from '#core/errors/cyx-error';
import type { NamedTensor } from '../formats/safetensors.ts';
import { randomStream } from '../data/random.ts';
import type { WeightSpec } from '../layers/layer.ts';

/** A weight of a whole model, under its full name `<layer id>.<name>`. */
export interface ModelWeight extends WeightSpec {
  readonly fullName: string;
  readonly size: number;
}

/** Weights by full name. */
export type WeightMap = ReadonlyMap<string, NamedTensor>;

function initialValues(weight: ModelWeight, seed: number): Float32Array {
  const values = new Float32Array(weight.size);
  const { initialiser } = weight;
  if (initialiser.kind === 'ones') values.fill(1);
  if (initialiser.kind === 'glorot') {
    const limit = Math.sqrt(6 / (initialiser.fanIn + initialiser.fanOut));
    // Each weight has its own stream, so its start depends on its name and not on what else is in the model.
    const random = randomStream(seed, `initialise/${weight.fullName}`);
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.nextUniform() - 1) * limit;
  }
  return values;
}

/** The weights a run starts with: a function of the model and the seed. */
export function initialWeights(weights: readonly ModelWeight[], seed: number): Map<string, NamedTensor> {
  return new Map(weights.map((weight) => [weight.fullName, { shape: weight.shape, data: initialValues(weight, seed) }]));
}

/** The float values of one weight out of a file, checked against what the model needs. */
export function weightValues(weights: WeightMap, name: string, shape: readonly number[]): Float32Array {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new CyxError('RESULT_INVALID', `The file has no weight "${name}"`);
  if (!(tensor.data instanceof Float32Array) || tensor.data.length !== sizeOf(shape) || tensor.shape.join() !== shape.join()) {
    throw new CyxError('RESULT_INVALID', `The weight "${name}" has shape [${tensor.shape.join(', ')}]; the model needs float32 [${shape.join(', ')}]`);
  }
  return tensor.data;
}
