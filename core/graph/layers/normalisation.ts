import { z } from 'zod';
import { channelsOf, sizeOf, type LayerSpec } from './layer-spec.ts';

export interface BatchNormParams {
  /** Weight of the old value when the moving statistics are updated. */
  readonly momentum: number;
  /** Added to the variance before the square root. */
  readonly epsilon: number;
}

export interface LayerNormParams {
  /** Added to the variance before the square root. */
  readonly epsilon: number;
}

export type NormalisationNodes =
  | { readonly id: string; readonly type: 'BatchNorm'; readonly params: BatchNormParams }
  | { readonly id: string; readonly type: 'LayerNorm'; readonly params: LayerNormParams };

const epsilonSchema = z.number().gt(0).max(1).default(0.001);

/**
 * Per channel (last dimension): gamma·(x − mean)/sqrt(variance + epsilon) + beta. Trainable: gamma, beta;
 * frozen: moving mean and variance. Operations: with scale and shift folded, 2 a value.
 */
export const batchNorm: LayerSpec<BatchNormParams> = {
  summary: 'Centres and scales each channel',
  params: z.strictObject({ momentum: z.number().min(0).max(1).default(0.9), epsilon: epsilonSchema }),
  inputs: 1,
  outputShape: (_params, input) => input,
  weights: (_params, input) => ({ trainable: 2 * channelsOf(input), frozen: 2 * channelsOf(input) }),
  flops: (_params, output) => 2 * sizeOf(output),
};

/**
 * Over the last dimension of each place by itself, the same in training and after it (Ba, Kiros, Hinton 2016).
 * Trainable: gamma and beta, one a channel. Operations: mean 1, variance 3, scaling and shift 4 a value.
 */
export const layerNorm: LayerSpec<LayerNormParams> = {
  summary: 'Centres and scales each step',
  params: z.strictObject({ epsilon: epsilonSchema }),
  inputs: 1,
  outputShape: (_params, input) => input,
  weights: (_params, input) => ({ trainable: 2 * channelsOf(input), frozen: 0 }),
  flops: (_params, output) => 8 * sizeOf(output),
};
