import { z } from 'zod';
import { NO_WEIGHTS, sizeOf, type LayerSpec } from './layer-spec.ts';

export interface BatchNormParams {
  /** Weight of the old value when the moving statistics are updated. */
  readonly momentum: number;
  /** Added to the variance before the square root. */
  readonly epsilon: number;
}

export interface DropoutParams {
  /** Share of values set to zero while training; the others are scaled by 1 / (1 − rate). */
  readonly rate: number;
}

export type RegularisationNodes =
  | { readonly id: string; readonly type: 'BatchNorm'; readonly params: BatchNormParams }
  | { readonly id: string; readonly type: 'Dropout'; readonly params: DropoutParams };

function channelsOf(input: readonly number[]): number {
  return input.at(-1) ?? 1;
}

/**
 * Per channel (last dimension): gamma·(x − mean)/sqrt(variance + epsilon) + beta. Trainable: gamma, beta;
 * frozen: moving mean and variance. Operations: with scale and shift folded, 2 a value.
 */
export const batchNorm: LayerSpec<BatchNormParams> = {
  summary: 'Centres and scales each channel',
  params: z.strictObject({
    momentum: z.number().min(0).max(1).default(0.9),
    epsilon: z.number().gt(0).max(1).default(0.001),
  }),
  inputs: 1,
  outputShape: (_params, input) => input,
  weights: (_params, input) => ({ trainable: 2 * channelsOf(input), frozen: 2 * channelsOf(input) }),
  flops: (_params, input) => 2 * sizeOf(input),
};

/** Does nothing outside training, so a forward pass counts no operations. */
export const dropout: LayerSpec<DropoutParams> = {
  summary: 'Forgets random values while training',
  params: z.strictObject({ rate: z.number().min(0).lt(1) }),
  inputs: 1,
  outputShape: (_params, input) => input,
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};
