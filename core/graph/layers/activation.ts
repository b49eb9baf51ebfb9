import { z } from 'zod';
import { NO_WEIGHTS, sizeOf, type LayerSpec } from './layer-spec.ts';
import { noParamsSchema, type NoParams } from './params.ts';

export interface GeluParams {
  /** True: 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) in place of the error function. */
  readonly approximate: boolean;
}

export type ActivationNodes =
  | { readonly id: string; readonly type: 'ReLU'; readonly params: NoParams }
  | { readonly id: string; readonly type: 'GELU'; readonly params: GeluParams }
  | { readonly id: string; readonly type: 'Sigmoid'; readonly params: NoParams }
  | { readonly id: string; readonly type: 'Tanh'; readonly params: NoParams }
  | { readonly id: string; readonly type: 'Softmax'; readonly params: NoParams };

/** A layer that maps each value by itself with `perValue` operations. */
function elementwise<Params>(summary: string, params: z.ZodType<Params>, perValue: number): LayerSpec<Params> {
  return {
    summary,
    params,
    inputs: 1,
    outputShape: (_params, input) => input,
    weights: () => NO_WEIGHTS,
    flops: (_params, output) => perValue * sizeOf(output),
  };
}

/** max(x, 0): one comparison a value. */
export const relu = elementwise('Cuts off negative values', noParamsSchema, 1);

/** x·Φ(x) with the normal distribution's Φ (Hendrycks and Gimpel 2016): scale, erf, add, two products. */
export const gelu = elementwise<GeluParams>('A smooth ReLU', z.strictObject({ approximate: z.boolean().default(false) }), 5);

/** 1 / (1 + e^−x): negation, exponential, sum, division. */
export const sigmoid = elementwise('Squeezes values between 0 and 1', noParamsSchema, 4);

/** Counted as a sigmoid with two scalings. */
export const tanh = elementwise('Squeezes values between -1 and 1', noParamsSchema, 6);

/**
 * Over the last dimension: exponential, sum, division. An Output with a softmax loss applies softmax itself, so
 * a Softmax right before it stands for that one and changes nothing.
 */
export const softmax = elementwise('Turns scores into probabilities', noParamsSchema, 3);
