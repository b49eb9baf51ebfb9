import { z } from 'zod';
import { flatSize, NO_WEIGHTS, sizeOf, type LayerSpec } from './layer-spec.ts';

export interface LinearParams {
  readonly units: number;
}

export type NoParams = Readonly<Record<string, never>>;

export const noParamsSchema: z.ZodType<NoParams> = z.strictObject({});

export type DenseNodes =
  | { readonly id: string; readonly type: 'Linear'; readonly params: LinearParams }
  | { readonly id: string; readonly type: 'Flatten'; readonly params: NoParams };

/** y = x·W + b. Weights: in·units + units. Operations: (2·in + 1)·units. */
export const linear: LayerSpec<LinearParams> = {
  summary: 'Every output sees every input',
  params: z.strictObject({ units: z.int().min(1).max(1_000_000) }),
  inputs: 1,
  outputShape({ units }, input) {
    flatSize(input);
    return [units];
  },
  weights: ({ units }, input) => ({ trainable: (flatSize(input) + 1) * units, frozen: 0 }),
  flops: ({ units }, input) => (2 * flatSize(input) + 1) * units,
};

/** Row-major, channels last; costs nothing. */
export const flatten: LayerSpec<NoParams> = {
  summary: 'Lays an image out as one row',
  params: noParamsSchema,
  inputs: 1,
  outputShape: (_params, input) => [sizeOf(input)],
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};
