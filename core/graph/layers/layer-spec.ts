import type { z } from 'zod';
import type { Shape } from '../schema.ts';

/** Values in a layer's weights: `frozen` ones are kept by the layer itself and never touched by the optimizer. */
export interface WeightCount {
  readonly trainable: number;
  readonly frozen: number;
}

export const NO_WEIGHTS: WeightCount = { trainable: 0, frozen: 0 };

/**
 * Everything that is known about one layer type, apart from the code that runs it. All shapes are for one
 * sample. `outputShape` throws a ShapeProblem where the layer can not take its input.
 */
export interface LayerSpec<Params> {
  /** One line for people who choose a layer. */
  readonly summary: string;
  readonly params: z.ZodType<Params>;
  /** How many edges may come in; `many` stands for two or more, in the order of `inputsByNode`. */
  readonly inputs: 0 | 1 | 'many';
  /** Set where the layer takes whole numbers (indices), which only a DataInput of that type gives. */
  readonly takes?: 'int32';
  outputShape(params: Params, ...inputs: readonly Shape[]): Shape;
  weights(params: Params, ...inputs: readonly Shape[]): WeightCount;
  /** Floating-point operations of one forward pass of one sample; a multiply-add counts as two. */
  flops(params: Params, output: Shape, ...inputs: readonly Shape[]): number;
  /** Values for one sample that a training step keeps besides the output, where they are many. */
  inside?(params: Params, ...inputs: readonly Shape[]): number;
}

/** Why a layer can not take its input; `parseGraph` adds which layer it is. */
export class ShapeProblem extends Error {
  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.name = 'ShapeProblem';
  }
}

/** Number of values in a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** [height, width, channels], or a problem that says what to do. */
export function imageSides(input: Shape): readonly [number, number, number] {
  const [height, width, channels] = input;
  if (input.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new ShapeProblem('an image [height, width, channels]', formatShape(input));
  }
  return [height, width, channels];
}

/** [steps, features], or a problem that says what to do. */
export function sequenceSides(input: Shape): readonly [number, number] {
  const [steps, features] = input;
  if (input.length !== 2 || steps === undefined || features === undefined) {
    throw new ShapeProblem('a sequence [steps, features]', formatShape(input));
  }
  return [steps, features];
}

/** Size of the last dimension: channels of an image, features of a step or a table. */
export function channelsOf(input: Shape): number {
  return input.at(-1) ?? 1;
}

/** The number of features of a flat input. */
export function flatSize(input: Shape): number {
  const [features] = input;
  if (input.length !== 1 || features === undefined) {
    throw new ShapeProblem('a flat input [features] (put a Flatten layer before it)', formatShape(input));
  }
  return features;
}
