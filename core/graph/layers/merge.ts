import { z } from 'zod';
import type { Shape } from '../schema.ts';
import { formatShape, NO_WEIGHTS, ShapeProblem, sizeOf, type LayerSpec } from './layer-spec.ts';
import { noParamsSchema, type NoParams } from './params.ts';

export interface ConcatParams {
  /** Which side of a sample's shape grows: 0 is the first, −1 the last. */
  readonly axis: number;
}

export type MergeNodes =
  | { readonly id: string; readonly type: 'Add'; readonly params: NoParams }
  | { readonly id: string; readonly type: 'Concat'; readonly params: ConcatParams };

const listShapes = (inputs: readonly Shape[]): string => inputs.map(formatShape).join(' and ');

/** The sum of its inputs, value by value, added in the order of its edges: one addition a value and further input. */
export const add: LayerSpec<NoParams> = {
  summary: 'Adds several inputs up',
  params: noParamsSchema,
  inputs: 'many',
  outputShape(_params, ...inputs) {
    const [first = []] = inputs;
    if (inputs.some((input) => formatShape(input) !== formatShape(first))) throw new ShapeProblem('inputs of one shape', listShapes(inputs));
    return first;
  },
  weights: () => NO_WEIGHTS,
  flops: (_params, output, ...inputs) => (inputs.length - 1) * sizeOf(output),
};

/** `axis` counted from the first side of a sample's shape, or undefined where there is no such side. */
export function concatSide(axis: number, rank: number): number | undefined {
  const side = axis < 0 ? axis + rank : axis;
  return side >= 0 && side < rank ? side : undefined;
}

/** Its inputs side by side, in the order of its edges; costs nothing. */
export const concat: LayerSpec<ConcatParams> = {
  summary: 'Lays several inputs side by side',
  params: z.strictObject({ axis: z.int().min(-4).max(3).default(-1) }),
  inputs: 'many',
  outputShape({ axis }, ...inputs) {
    const [first = []] = inputs;
    const side = concatSide(axis, first.length);
    if (side === undefined) throw new ShapeProblem(`inputs that have a side ${axis}`, listShapes(inputs));
    const fits = (input: Shape): boolean => input.length === first.length && input.every((length, at) => at === side || length === first[at]);
    if (!inputs.every(fits)) throw new ShapeProblem(`inputs of one shape but for side ${side}`, listShapes(inputs));
    const total = inputs.reduce((sum, input) => sum + (input[side] ?? 0), 0);
    return first.map((length, at) => (at === side ? total : length));
  },
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};
