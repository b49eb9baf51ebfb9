/**
 * Tensors of double-precision numbers in plain TypeScript: slow, forward only, and so simple that it can be read against
 * the definitions. What they compute is what float32 backends are compared with, and what finite differences are taken of.
 */
import type { Dtype, Sides } from '../../ops/ops.ts';

export interface DoubleTensor {
  readonly sides: Sides;
  readonly data: Float64Array;
  readonly dtype: Dtype;
}

export function sizeOfSides(sides: Sides): number {
  return sides.reduce((product, side) => product * side, 1);
}

/** A tensor whose value at each place is worked out from that place. */
export function tensorOf(sides: Sides, valueAt: (place: readonly number[], at: number) => number, dtype: Dtype = 'float32'): DoubleTensor {
  const data = new Float64Array(sizeOfSides(sides));
  const place = sides.map(() => 0);
  for (let at = 0; at < data.length; at++) {
    data[at] = valueAt(place, at);
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1;
      if ((place[axis] as number) < (sides[axis] as number)) break;
      place[axis] = 0;
    }
  }
  return { sides, data, dtype };
}

/** Where a place lies in the data of a tensor with these sides; a side of 1 is repeated, further sides in front are passed over. */
export function offsetOf(sides: Sides, place: readonly number[]): number {
  const skipped = place.length - sides.length;
  let offset = 0;
  for (let axis = 0; axis < sides.length; axis++) {
    const side = sides[axis] as number;
    offset = offset * side + (side === 1 ? 0 : (place[axis + skipped] as number));
  }
  return offset;
}

export function valueAt({ sides, data }: DoubleTensor, place: readonly number[]): number {
  return data[offsetOf(sides, place)] as number;
}

function commonSides(a: Sides, b: Sides): Sides {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (left !== right && left !== 1 && right !== 1) throw new TypeError(`[${a.join()}] and [${b.join()}] do not go together`);
    return Math.max(left, right);
  });
}

export function map(x: DoubleTensor, change: (value: number) => number, dtype = x.dtype): DoubleTensor {
  return { sides: x.sides, data: x.data.map(change), dtype };
}

export function combine(a: DoubleTensor, b: DoubleTensor, join: (a: number, b: number) => number, dtype: Dtype = a.dtype): DoubleTensor {
  const sides = commonSides(a.sides, b.sides);
  return tensorOf(sides, (place) => join(valueAt(a, place), valueAt(b, place)), dtype);
}

/** Sums over some axes; the sides of 1 that are left are kept or dropped. */
export function sumOver(x: DoubleTensor, axes: readonly number[], keepDims: boolean): DoubleTensor {
  const kept = x.sides.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const data = new Float64Array(sizeOfSides(kept));
  tensorOf(x.sides, (place, at) => {
    const to = offsetOf(kept, place);
    data[to] = (data[to] as number) + (x.data[at] as number);
    return 0;
  });
  return { sides: keepDims ? kept : x.sides.filter((_, axis) => !axes.includes(axis)), data, dtype: x.dtype };
}

/** The error function, from a series of positive terms (Abramowitz and Stegun 7.1.6). */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
