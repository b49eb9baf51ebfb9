import { z } from 'zod';
import { NO_WEIGHTS, type LayerSpec } from './layer-spec.ts';

export interface DropoutParams {
  /** Share of values set to zero while training; the others are scaled by 1 / (1 − rate). */
  readonly rate: number;
}

export interface RegularisationNode {
  readonly id: string;
  readonly type: 'Dropout';
  readonly params: DropoutParams;
}

/** Does nothing outside training, so a forward pass counts no operations. */
export const dropout: LayerSpec<DropoutParams> = {
  summary: 'Forgets random values while training',
  params: z.strictObject({ rate: z.number().min(0).lt(1) }),
  inputs: 1,
  outputShape: (_params, input) => input,
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};
