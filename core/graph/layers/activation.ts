import { NO_WEIGHTS, sizeOf, type LayerSpec } from './layer-spec.ts';
import { noParamsSchema, type NoParams } from './dense.ts';

export type ActivationNodes =
  | { readonly id: string; readonly type: 'ReLU'; readonly params: NoParams }
  | { readonly id: string; readonly type: 'Softmax'; readonly params: NoParams };

/** max(x, 0): one comparison a value. */
export const relu: LayerSpec<NoParams> = {
  summary: 'Cuts off negative values',
  params: noParamsSchema,
  inputs: 1,
  outputShape: (_params, input) => input,
  weights: () => NO_WEIGHTS,
  flops: (_params, input) => sizeOf(input),
};

/**
 * Over the last dimension: exponential, sum, division. Output applies softmax itself, so a Softmax right
 * before Output stands for that one and changes nothing.
 */
export const softmax: LayerSpec<NoParams> = {
  summary: 'Turns scores into probabilities',
  params: noParamsSchema,
  inputs: 1,
  outputShape: (_params, input) => input,
  weights: () => NO_WEIGHTS,
  flops: (_params, input) => 3 * sizeOf(input),
};
