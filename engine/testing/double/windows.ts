import type { Window } from '../../ops/ops.ts';
import { tensorOf, valueAt, type DoubleTensor } from './tensor.ts';

interface Side {
  readonly out: number;
  /** Places of padding before the first value. */
  readonly before: number;
}

/** TensorFlow's rule: with "same", what does not divide evenly goes behind. */
function sideOf(input: number, window: number, stride: number, padding: Window['padding']): Side {
  if (padding === 'valid') return { out: Math.floor((input - window) / stride) + 1, before: 0 };
  const out = Math.ceil(input / stride);
  return { out, before: Math.floor(Math.max(0, (out - 1) * stride + window - input) / 2) };
}

type Visit = (value: number, row: number, column: number) => void;

/** Goes through what one window sees of one channel, padding left out. */
function walker(x: DoubleTensor, { size, strides, padding }: Window): { readonly sides: [number, number]; readonly walk: (place: readonly number[], channel: number, visit: Visit) => void } {
  const [, height = 1, width = 1] = x.sides;
  const rows = sideOf(height, size[0], strides[0], padding);
  const columns = sideOf(width, size[1], strides[1], padding);
  function walk([sample = 0, y = 0, x0 = 0]: readonly number[], channel: number, visit: Visit): void {
    for (let row = 0; row < size[0]; row++) {
      for (let column = 0; column < size[1]; column++) {
        const [inRow, inColumn] = [y * strides[0] + row - rows.before, x0 * strides[1] + column - columns.before];
        if (inRow < 0 || inRow >= height || inColumn < 0 || inColumn >= width) continue;
        visit(valueAt(x, [sample, inRow, inColumn, channel]), row, column);
      }
    }
  }
  return { sides: [rows.out, columns.out], walk };
}

export function conv2d(x: DoubleTensor, kernel: DoubleTensor, options: Omit<Window, 'size'>): DoubleTensor {
  const [height = 1, width = 1, channels = 1, filters = 1] = kernel.sides;
  const { sides, walk } = walker(x, { ...options, size: [height, width] });
  return tensorOf([x.sides[0] as number, ...sides, filters], (place) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      walk(place, channel, (value, row, column) => (sum += value * valueAt(kernel, [row, column, channel, place[3] as number])));
    }
    return sum;
  });
}

export function depthwiseConv2d(x: DoubleTensor, kernel: DoubleTensor, options: Omit<Window, 'size'>): DoubleTensor {
  const [height = 1, width = 1, channels = 1, multiplier = 1] = kernel.sides;
  const { sides, walk } = walker(x, { ...options, size: [height, width] });
  return tensorOf([x.sides[0] as number, ...sides, channels * multiplier], (place) => {
    const channel = Math.floor((place[3] as number) / multiplier);
    let sum = 0;
    walk(place, channel, (value, row, column) => (sum += value * valueAt(kernel, [row, column, channel, (place[3] as number) % multiplier])));
    return sum;
  });
}

function pool(x: DoubleTensor, window: Window, gather: (values: readonly number[]) => number): DoubleTensor {
  const { sides, walk } = walker(x, window);
  return tensorOf([x.sides[0] as number, ...sides, x.sides[3] as number], (place) => {
    const seen: number[] = [];
    walk(place, place[3] as number, (value) => seen.push(value));
    return gather(seen);
  });
}

export const maxPool = (x: DoubleTensor, window: Window): DoubleTensor => pool(x, window, (seen) => Math.max(...seen));

export const avgPool = (x: DoubleTensor, window: Window): DoubleTensor => pool(x, window, (seen) => seen.reduce((a, b) => a + b, 0) / seen.length);
