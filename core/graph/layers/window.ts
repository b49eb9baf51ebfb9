import { z } from 'zod';
import { ShapeProblem } from './layer-spec.ts';

/** [height, width] of a sliding window or its stride. */
export type Pair = [number, number];

export const PADDINGS = ['valid', 'same'] as const;
export type Padding = (typeof PADDINGS)[number];

export const paddingSchema = z.enum(PADDINGS).default('valid');

/** One side of a window or a stride. */
export const sideSchema = z.int().min(1).max(1024);

/** A number stands for both sides. */
export const pairSchema = z
  .union([sideSchema, z.tuple([sideSchema, sideSchema])])
  .transform((value): Pair => (typeof value === 'number' ? [value, value] : value));

/**
 * One side of a window's output: `same` gives ceil(input / stride), `valid` counts the places where the
 * window lies wholly inside, floor((input − window) / stride) + 1.
 */
function windowedSide(input: number, window: number, stride: number, padding: Padding): number {
  if (padding === 'same') return Math.ceil(input / stride);
  return Math.floor((input - window) / stride) + 1;
}

/** Steps of a sequence after a window of `window` steps slid over it. */
export function windowedSteps(steps: number, window: number, stride: number, padding: Padding): number {
  if (padding === 'valid' && window > steps) {
    throw new ShapeProblem(`a sequence of at least ${window} steps (the window, with padding "valid")`, `${steps} steps`);
  }
  return windowedSide(steps, window, stride, padding);
}

export function windowedSides(
  [height, width]: readonly [number, number, number],
  window: Readonly<Pair>,
  strides: Readonly<Pair>,
  padding: Padding,
): Pair {
  if (padding === 'valid' && (window[0] > height || window[1] > width)) {
    throw new ShapeProblem(
      `an image of at least ${window[0]}×${window[1]} (the window, with padding "valid")`,
      `${height}×${width}`,
    );
  }
  return [
    windowedSide(height, window[0], strides[0], padding),
    windowedSide(width, window[1], strides[1], padding),
  ];
}
