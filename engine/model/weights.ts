import { sizeOf } from '#core/graph/layers/layer-spec';
import { CyxError } from '#core/errors/cyx-error';
import type { NamedTensor } from '../formats/safetensors.ts';
import type { WeightSpec } from '../layers/layer.ts';
import { initialValues } from './initialise.ts';

/** A weight of a whole model, under its full name `<layer id>.<name>`. */
export interface ModelWeight extends WeightSpec {
  readonly fullName: string;
  readonly size: number;
}

/** Weights by full name. */
export type WeightMap = ReadonlyMap<string, NamedTensor>;

/** The weights a run starts with: a function of the model and the seed. */
export function initialWeights(weights: readonly ModelWeight[], seed: number): Map<string, NamedTensor> {
  return new Map(weights.map(({ fullName, shape, initialiser }) => [fullName, { shape, data: initialValues(initialiser, shape, { seed, fullName }) }]));
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
