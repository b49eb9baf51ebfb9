import { z } from 'zod';
import { channelsOf, formatShape, imageSides, NO_WEIGHTS, ShapeProblem, sizeOf, type LayerSpec } from './layer-spec.ts';
import { noParamsSchema, type NoParams } from './params.ts';
import { paddingSchema, pairSchema, windowedSides, type Padding, type Pair } from './window.ts';

export interface PoolParams {
  readonly poolSize: Readonly<Pair>;
  readonly strides: Readonly<Pair>;
  readonly padding: Padding;
}

export type PoolingNodes =
  | { readonly id: string; readonly type: 'MaxPool'; readonly params: PoolParams }
  | { readonly id: string; readonly type: 'AvgPool'; readonly params: PoolParams }
  | { readonly id: string; readonly type: 'GlobalAvgPool'; readonly params: NoParams };

const poolSchema = z
  .strictObject({
    poolSize: pairSchema.prefault(2),
    /** Where left out, windows do not overlap. */
    strides: pairSchema.optional(),
    padding: paddingSchema,
  })
  .transform(({ strides, ...rest }) => ({ ...rest, strides: strides ?? rest.poolSize }));

function pooledShape({ poolSize, strides, padding }: PoolParams, input: readonly number[]): number[] {
  const sides = imageSides(input);
  return [...windowedSides(sides, poolSize, strides, padding), sides[2]];
}

/** The largest value in each window, per channel: ph·pw − 1 comparisons per output value. */
export const maxPool: LayerSpec<PoolParams> = {
  summary: 'Keeps the largest value of each window',
  params: poolSchema,
  inputs: 1,
  outputShape: pooledShape,
  weights: () => NO_WEIGHTS,
  flops: ({ poolSize }, output) => (poolSize[0] * poolSize[1] - 1) * sizeOf(output),
};

/**
 * The mean of each window, per channel; with padding "same" only of what lies inside the image. At most
 * ph·pw operations (additions and one division) per output value.
 */
export const avgPool: LayerSpec<PoolParams> = {
  summary: 'Takes the mean of each window',
  params: poolSchema,
  inputs: 1,
  outputShape: pooledShape,
  weights: () => NO_WEIGHTS,
  flops: ({ poolSize }, output) => poolSize[0] * poolSize[1] * sizeOf(output),
};

/** The mean over all places of an image or all steps of a sequence, per channel: an addition a value, a division a channel. */
export const globalAvgPool: LayerSpec<NoParams> = {
  summary: 'Takes the mean of each channel',
  params: noParamsSchema,
  inputs: 1,
  outputShape(_params, input) {
    if (input.length < 2) throw new ShapeProblem('an image [height, width, channels] or a sequence [steps, features]', formatShape(input));
    return [channelsOf(input)];
  },
  weights: () => NO_WEIGHTS,
  flops: (_params, _output, input) => sizeOf(input),
};
