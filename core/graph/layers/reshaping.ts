import { z } from 'zod';
import type { Shape } from '../schema.ts';
import { formatShape, NO_WEIGHTS, ShapeProblem, sizeOf, type LayerSpec } from './layer-spec.ts';
import { noParamsSchema, type NoParams } from './params.ts';

export interface ReshapeParams {
  /** Of one sample; one side may be −1 and is then whatever is left over. */
  readonly shape: Shape;
}

export type ReshapingNodes =
  | { readonly id: string; readonly type: 'Flatten'; readonly params: NoParams }
  | { readonly id: string; readonly type: 'Reshape'; readonly params: ReshapeParams };

/** Row-major, channels last; costs nothing. */
export const flatten: LayerSpec<NoParams> = {
  summary: 'Lays an image out as one row',
  params: noParamsSchema,
  inputs: 1,
  outputShape: (_params, input) => [sizeOf(input)],
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};

/** The same values in another shape, row-major; costs nothing. */
export const reshape: LayerSpec<ReshapeParams> = {
  summary: 'Puts the values in another shape',
  params: z
    .strictObject({ shape: z.array(z.union([z.literal(-1), z.int().min(1).max(10_000_000)])).min(1).max(4) })
    .refine(({ shape }) => shape.filter((side) => side === -1).length <= 1, { path: ['shape'], message: 'only one side may be -1' }),
  inputs: 1,
  outputShape({ shape }, input) {
    const given = sizeOf(shape.filter((side) => side !== -1));
    const left = sizeOf(input) / given;
    const sides = shape.map((side) => (side === -1 ? left : side));
    if (!Number.isInteger(left) || sizeOf(sides) !== sizeOf(input)) {
      throw new ShapeProblem(`as many values as ${formatShape(shape)} has`, `${sizeOf(input)} values, ${formatShape(input)}`);
    }
    return sides;
  },
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};
