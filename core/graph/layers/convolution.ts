import { z } from 'zod';
import { imageSides, sequenceSides, sizeOf, type LayerSpec } from './layer-spec.ts';
import { paddingSchema, pairSchema, sideSchema, windowedSides, windowedSteps, type Padding, type Pair } from './window.ts';

export interface Conv1DParams {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: Padding;
}

export interface Conv2DParams {
  readonly filters: number;
  readonly kernelSize: Readonly<Pair>;
  readonly strides: Readonly<Pair>;
  readonly padding: Padding;
}

export interface DepthwiseConv2DParams {
  /** Filters of each channel; output channel c·depthMultiplier + m is filter m of channel c. */
  readonly depthMultiplier: number;
  readonly kernelSize: Readonly<Pair>;
  /** The same along both sides: TensorFlow has no other. */
  readonly strides: number;
  readonly padding: Padding;
}

export type ConvolutionNodes =
  | { readonly id: string; readonly type: 'Conv1D'; readonly params: Conv1DParams }
  | { readonly id: string; readonly type: 'Conv2D'; readonly params: Conv2DParams }
  | { readonly id: string; readonly type: 'DepthwiseConv2D'; readonly params: DepthwiseConv2DParams };

const filtersSchema = z.int().min(1).max(65_536);

/**
 * Cross-correlation along the steps of a sequence, with bias. Weights: kernel k·cIn·filters, bias filters.
 * Operations: (2·k·cIn + 1) for each output value.
 */
export const conv1D: LayerSpec<Conv1DParams> = {
  summary: 'Learned filters that slide along a sequence',
  params: z.strictObject({
    filters: filtersSchema,
    kernelSize: sideSchema.default(3),
    strides: sideSchema.default(1),
    padding: paddingSchema,
  }),
  inputs: 1,
  outputShape({ filters, kernelSize, strides, padding }, input) {
    return [windowedSteps(sequenceSides(input)[0], kernelSize, strides, padding), filters];
  },
  weights: ({ filters, kernelSize }, input) => ({ trainable: (kernelSize * sequenceSides(input)[1] + 1) * filters, frozen: 0 }),
  flops: ({ kernelSize }, output, input) => (2 * kernelSize * sequenceSides(input)[1] + 1) * sizeOf(output),
};

/**
 * Cross-correlation with bias. Weights: kernel kh·kw·cIn·filters, bias filters. Operations: each output
 * value is kh·kw·cIn multiply-adds and one addition, so (2·kh·kw·cIn + 1)·hOut·wOut·filters.
 */
export const conv2D: LayerSpec<Conv2DParams> = {
  summary: 'Learned filters that slide over an image',
  params: z.strictObject({
    filters: filtersSchema,
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
  flops({ kernelSize }, output, input) {
    const channels = imageSides(input)[2];
    return (2 * kernelSize[0] * kernelSize[1] * channels + 1) * sizeOf(output);
  },
};

/**
 * Each channel with filters of its own, and bias. Weights: kernel kh·kw·cIn·m, bias cIn·m. Operations:
 * (2·kh·kw + 1) for each output value.
 */
export const depthwiseConv2D: LayerSpec<DepthwiseConv2DParams> = {
  summary: 'Filters that see one channel each',
  params: z.strictObject({
    depthMultiplier: z.int().min(1).max(64).default(1),
    kernelSize: pairSchema.prefault(3),
    strides: sideSchema.default(1),
    padding: paddingSchema,
  }),
  inputs: 1,
  outputShape({ depthMultiplier, kernelSize, strides, padding }, input) {
    const sides = imageSides(input);
    return [...windowedSides(sides, kernelSize, [strides, strides], padding), sides[2] * depthMultiplier];
  },
  weights({ depthMultiplier, kernelSize }, input) {
    return { trainable: (kernelSize[0] * kernelSize[1] + 1) * imageSides(input)[2] * depthMultiplier, frozen: 0 };
  },
  flops: ({ kernelSize }, output) => (2 * kernelSize[0] * kernelSize[1] + 1) * sizeOf(output),
};
