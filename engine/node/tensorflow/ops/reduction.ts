import type { ReductionOps, Sides } from '../../../ops/ops.ts';
import { attr, type GraphTensor } from '../graph-builder.ts';
import { binary, reduce, reshapeTo, times, typeOf, type GraphContext } from './context.ts';

const product = (sides: Sides): number => sides.reduce((size, side) => size * side, 1);

/** How many values go into each value of a mean, as a scalar of x's type. */
function countOf(context: GraphContext, x: GraphTensor, axes: readonly number[]): GraphTensor | number {
  const { builder } = context;
  const reduced = x.sides.filter((_, axis) => axes.includes(axis));
  if (!reduced.includes(-1)) return product(reduced);
  const sizes = builder.one('GatherV2', [builder.shapeOf(x), builder.int32(axes), builder.constant([0], [], 'int32')], { sides: [axes.length], dtype: 'int32' }, {
    Tparams: attr.type('int32'),
    Tindices: attr.type('int32'),
    Taxis: attr.type('int32'),
  });
  const attrs = { T: attr.type('int32'), Tidx: attr.type('int32'), keep_dims: attr.bool(false) };
  const count = builder.one('Prod', [sizes, builder.int32([0])], { sides: [], dtype: 'int32' }, attrs);
  return builder.one('Cast', [count], { sides: [], dtype: x.dtype }, { SrcT: attr.type('int32'), DstT: attr.type(x.dtype) });
}

/** The gradient of a sum: each value's is that of the sum that it went into. */
function spread(context: GraphContext, dy: GraphTensor, x: GraphTensor, axes: readonly number[]): GraphTensor {
  const kept = x.sides.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const attrs = { ...typeOf(x), Tidx: attr.type('int32') };
  return context.builder.one('BroadcastTo', [reshapeTo(context, dy, kept), context.builder.shapeOf(x)], { sides: x.sides, dtype: x.dtype }, attrs);
}

export function reductionOps(context: GraphContext): ReductionOps<GraphTensor> {
  const all = (x: GraphTensor): number[] => x.sides.map((_, axis) => axis);
  return {
    sum: (x, axes = all(x), keepDims = false) => context.tape.record([x], reduce(context, 'Sum', x, axes, keepDims), [(dy) => spread(context, dy, x, axes)]),
    mean: (x, axes = all(x), keepDims = false) =>
      context.tape.record([x], reduce(context, 'Mean', x, axes, keepDims), [
        (dy) => {
          const count = countOf(context, x, axes);
          const share = typeof count === 'number' ? times(context, dy, 1 / count) : binary(context, 'RealDiv', dy, count);
          return spread(context, share, x, axes);
        },
      ]),
  };
}
