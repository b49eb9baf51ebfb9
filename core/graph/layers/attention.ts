import { z } from 'zod';
import { sequenceSides, type LayerSpec } from './layer-spec.ts';

export interface MultiHeadAttentionParams {
  readonly heads: number;
  /** Values of a query, a key or a value in one head. */
  readonly keyDim: number;
  /** True: a step sees itself and what came before it only. */
  readonly causal: boolean;
}

export interface AttentionNode {
  readonly id: string;
  readonly type: 'MultiHeadAttention';
  readonly params: MultiHeadAttentionParams;
}

/**
 * Self-attention over a sequence (Vaswani and others 2017): softmax(Q·Kᵀ/√keyDim)·V in each head, then one
 * projection back to the input's features. Weights: query, key and value kernels f·heads·keyDim with biases,
 * output kernel heads·keyDim·f with bias f. Operations: projections 2·4·t·f·h·k and their biases, scores and
 * mixing 4·t²·h·k, scaling and softmax 4·t²·h.
 */
export const multiHeadAttention: LayerSpec<MultiHeadAttentionParams> = {
  summary: 'Lets each step look at the others',
  params: z.strictObject({
    heads: z.int().min(1).max(256),
    keyDim: z.int().min(1).max(4096),
    causal: z.boolean().default(false),
  }),
  inputs: 1,
  outputShape: (_params, input) => [...sequenceSides(input)],
  weights({ heads, keyDim }, input) {
    const features = sequenceSides(input)[1];
    const inner = heads * keyDim;
    return { trainable: 4 * features * inner + 3 * inner + features, frozen: 0 };
  },
  flops({ heads, keyDim }, _output, input) {
    const [steps, features] = sequenceSides(input);
    const inner = heads * keyDim;
    const projections = steps * (8 * features * inner + 3 * inner + features);
    return projections + 4 * steps * steps * inner + 4 * steps * steps * heads;
  },
  inside({ heads, keyDim }, input) {
    const [steps] = sequenceSides(input);
    return 4 * steps * heads * keyDim + 2 * heads * steps * steps;
  },
};
