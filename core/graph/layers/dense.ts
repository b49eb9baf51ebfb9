import { z } from 'zod';
import { channelsOf, flatSize, formatShape, ShapeProblem, sizeOf, type LayerSpec } from './layer-spec.ts';

export interface LinearParams {
  readonly units: number;
}

export interface EmbeddingParams {
  /** How many different indices there are: 0 to vocabulary − 1. */
  readonly vocabulary: number;
  /** Values that stand for one index. */
  readonly units: number;
}

export type DenseNodes =
  | { readonly id: string; readonly type: 'Linear'; readonly params: LinearParams }
  | { readonly id: string; readonly type: 'Embedding'; readonly params: EmbeddingParams };

/** Features that a Linear layer sees: of a flat input, or of each step of a sequence. */
function linearFeatures(input: readonly number[]): number {
  return input.length === 2 ? channelsOf(input) : flatSize(input);
}

/**
 * y = x·W + b, for each step of a sequence alike. Weights: in·units + units. Operations: (2·in + 1) for each
 * output value.
 */
export const linear: LayerSpec<LinearParams> = {
  summary: 'Every output sees every input',
  params: z.strictObject({ units: z.int().min(1).max(1_000_000) }),
  inputs: 1,
  outputShape({ units }, input) {
    linearFeatures(input);
    return [...input.slice(0, -1), units];
  },
  weights: ({ units }, input) => ({ trainable: (linearFeatures(input) + 1) * units, frozen: 0 }),
  flops: (_params, output, input) => (2 * linearFeatures(input) + 1) * sizeOf(output),
};

/** Row `index` of a learned table, for each index of a sequence [steps]: costs no arithmetic. */
export const embedding: LayerSpec<EmbeddingParams> = {
  summary: 'Learned values for each word or category',
  params: z.strictObject({ vocabulary: z.int().min(1).max(10_000_000), units: z.int().min(1).max(65_536) }),
  inputs: 1,
  takes: 'int32',
  outputShape({ units }, input) {
    if (input.length !== 1) throw new ShapeProblem('a sequence of indices [steps]', formatShape(input));
    return [...input, units];
  },
  weights: ({ vocabulary, units }) => ({ trainable: vocabulary * units, frozen: 0 }),
  flops: () => 0,
};
