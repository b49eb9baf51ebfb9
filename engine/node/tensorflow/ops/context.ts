import type { Dtype, Sides } from '../../../ops/ops.ts';
import { attr, type GraphBuilder, type GraphTensor } from '../graph-builder.ts';
import type { TfDtype } from '../saved-model.ts';
import type { Tape } from '../tape.ts';

/** What all operations of one graph share. */
export interface GraphContext {
  readonly builder: GraphBuilder;
  readonly tape: Tape;
  /** What `float32` of the operations is in this graph: float64 for checking gradients. */
  readonly float: 'float32' | 'float64';
  /** Products and convolutions in bfloat16. */
  readonly isMixed?: boolean;
}

export function tfDtype({ float }: GraphContext, dtype: Dtype): TfDtype {
  return dtype === 'float32' ? float : dtype;
}

export const typeOf = ({ dtype }: GraphTensor): { T: ReturnType<typeof attr.type> } => ({ T: attr.type(dtype) });

/** A node that gives as many values as its first input. */
export function sameShape({ builder }: GraphContext, op: string, inputs: readonly GraphTensor[]): GraphTensor {
  const [first] = inputs as [GraphTensor];
  return builder.one(op, inputs, { sides: first.sides, dtype: first.dtype }, typeOf(first));
}

/** The sides of what an operation gives that repeats sides of 1. @throws TypeError where two sides do not go together. */
function broadcastSides(a: Sides, b: Sides): Sides {
  const length = Math.max(a.length, b.length);
  const at = (sides: Sides, axis: number): number => sides[axis - (length - sides.length)] ?? 1;
  return Array.from({ length }, (_, axis) => {
    const [left, right] = [at(a, axis), at(b, axis)];
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    if (left === -1 || right === -1) return Math.max(left, right);
    throw new TypeError(`shapes [${a.join(', ')}] and [${b.join(', ')}] do not go together`);
  });
}

export function binary(context: GraphContext, op: string, a: GraphTensor, b: GraphTensor): GraphTensor {
  return context.builder.one(op, [a, b], { sides: broadcastSides(a.sides, b.sides), dtype: a.dtype }, typeOf(a));
}

export function scalar({ builder }: Pick<GraphContext, 'builder'>, value: number, dtype: TfDtype): GraphTensor {
  return builder.constant([value], [], dtype);
}

export function times(context: GraphContext, x: GraphTensor, factor: number): GraphTensor {
  return binary(context, 'Mul', x, scalar(context, factor, x.dtype));
}

export function reshapeTo({ builder }: GraphContext, x: GraphTensor, sides: Sides): GraphTensor {
  if (x.sides.join() === sides.join()) return x;
  return builder.one('Reshape', [x, builder.int32(sides)], { sides, dtype: x.dtype }, { ...typeOf(x), Tshape: attr.type('int32') });
}

/** Sum or mean over axes. */
export function reduce({ builder }: GraphContext, op: 'Sum' | 'Mean' | 'All', x: GraphTensor, axes: readonly number[], keepDims: boolean): GraphTensor {
  const sides = keepDims ? x.sides.map((side, axis) => (axes.includes(axis) ? 1 : side)) : x.sides.filter((_, axis) => !axes.includes(axis));
  const attrs = { ...(op === 'All' ? {} : typeOf(x)), Tidx: attr.type('int32'), keep_dims: attr.bool(keepDims) };
  return builder.one(op, [x, builder.int32(axes)], { sides, dtype: x.dtype }, attrs);
}

/** A gradient in a result's shape, summed up to the shape of the operand that was repeated to give it. */
export function unbroadcast(context: GraphContext, gradient: GraphTensor, sides: Sides): GraphTensor {
  const extra = gradient.sides.length - sides.length;
  const axes = gradient.sides.flatMap((side, axis) => (axis < extra || (sides[axis - extra] === 1 && side !== 1) ? [axis] : []));
  return axes.length === 0 ? gradient : reshapeTo(context, reduce(context, 'Sum', gradient, axes, false), sides);
}
