import { z } from 'zod';
import { imageSides, NO_WEIGHTS, sizeOf, type LayerSpec } from './layer-spec.ts';
import { paddingSchema, pairSchema, windowedSides, type Padding, type Pair } from './window.ts';

export interface Conv2DParams {
  readonly filters: number;
  readonly kernelSize: Readonly<Pair>;
  readonly strides: Readonly<Pair>;
  readonly padding: Padding;
}

export interface MaxPoolParams {
  readonly poolSize: Readonly<Pair>;
  readonly strides: Readonly<Pair>;
  readonly padding: Padding;
}

export type ConvolutionNodes =
  | { readonly id: string; readonly type: 'Conv2D'; readonly params: Conv2DParams }
  | { readonly id: string; readonly type: 'MaxPool'; readonly params: MaxPoolParams };

/**
 * Cross-correlation with bias. Weights: kernel kh·kw·cIn·filters, bias filters. Operations: each output
 * value is kh·kw·cIn multiply-adds and one addition, so (2·kh·kw·cIn + 1)·hOut·wOut·filters.
 */
export const conv2D: LayerSpec<Conv2DParams> = {
  summary: 'Learned filters that slide over an image',
  params: z.strictObject({
    filters: z.int().min(1).max(65_536),
    kernelSize: pairSchema.prefault(3),
    strides: pairSchema.prefault(1),
    padding: paddingSchema,
  }),
  inputs: 1,
  outputShape({ filters, kernelSize, strides, padding }, input) {
    return [...windowedSides(imageSides(input), kernelSize, strides, padding), filters];
  },
  weights({ filters, kernelSize }, input) {
    const channels = imageSides(input)[2];
    return { trainable: (kernelSize[0] * kernelSize[1] * channels + 1) * filters, frozen: 0 };
  },
  flops({ kernelSize }, input, output) {
    const channels = imageSides(input)[2];
    return (2 * kernelSize[0] * kernelSize[1] * channels + 1) * sizeOf(output);
  },
};

/** The largest value in each window, per channel: ph·pw − 1 comparisons per output value. */
export const maxPool: LayerSpec<MaxPoolParams> = {
  summary: 'Keeps the largest value of each window',
  params: z
    .strictObject({
      poolSize: pairSchema.prefault(2),
      /** Where left out, windows do not overlap. */
      strides: pairSchema.optional(),
      padding: paddingSchema,
    })
    .transform(({ strides, ...rest }) => ({ ...rest, strides: strides ?? rest.poolSize })),
  inputs: 1,
  outputShape({ poolSize, strides, padding }, input) {
    const sides = imageSides(input);
    return [...windowedSides(sides, poolSize, strides, padding), sides[2]];
  },
  weights: () => NO_WEIGHTS,
  flops: ({ poolSize }, _input, output) => (poolSize[0] * poolSize[1] - 1) * sizeOf(output),
};
