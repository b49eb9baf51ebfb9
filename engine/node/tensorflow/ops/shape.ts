import type { Dtype, ShapeOps, Sides } from '../../../ops/ops.ts';
import { attr, type GraphTensor } from '../graph-builder.ts';
import { reshapeTo, sameShape, tfDtype, typeOf, type GraphContext } from './context.ts';

const INT = attr.type('int32');
const product = (sides: Sides): number => sides.reduce((size, side) => size * side, 1);

/** The sides that `wanted` has for x: a −1 in it is worked out where x's sides are known. */
function reshapedSides(x: Sides, wanted: Sides): Sides {
  if (!wanted.includes(-1) || x.includes(-1)) return wanted;
  const rest = product(wanted.filter((side) => side !== -1));
  return wanted.map((side) => (side === -1 ? product(x) / rest : side));
}

function transposed({ builder }: GraphContext, x: GraphTensor, order: readonly number[]): GraphTensor {
  const sides = order.map((axis) => x.sides[axis] as number);
  return builder.one('Transpose', [x, builder.int32(order)], { sides, dtype: x.dtype }, { ...typeOf(x), Tperm: INT });
}

function concatenated({ builder }: GraphContext, xs: readonly GraphTensor[], axis: number): GraphTensor {
  const [first] = xs as [GraphTensor];
  const sides = first.sides.map((side, at) => (at === axis ? xs.reduce((sum, x) => sum + (x.sides[axis] as number), 0) : side));
  const attrs = { ...typeOf(first), N: attr.int(xs.length), Tidx: INT };
  return builder.one('ConcatV2', [...xs, builder.constant([axis], [], 'int32')], { sides, dtype: first.dtype }, attrs);
}

function sliced({ builder }: GraphContext, x: GraphTensor, begin: readonly number[], size: readonly number[]): GraphTensor {
  const sides = size.map((side, axis) => {
    const whole = x.sides[axis] as number;
    return side === -1 && whole !== -1 ? whole - (begin[axis] as number) : side;
  });
  return builder.one('Slice', [x, builder.int32(begin), builder.int32(size)], { sides, dtype: x.dtype }, { ...typeOf(x), Index: INT });
}

/** Puts zeros around what was cut out; an axis of unknown length was taken whole. */
function padBack({ builder }: GraphContext, dy: GraphTensor, x: GraphTensor, begin: readonly number[]): GraphTensor {
  const around = x.sides.flatMap((side, axis) => {
    const before = begin[axis] as number;
    return side === -1 ? [0, 0] : [before, side - before - (dy.sides[axis] as number)];
  });
  const paddings = builder.constant(around, [x.sides.length, 2], 'int32');
  return builder.one('Pad', [dy, paddings], { sides: x.sides, dtype: x.dtype }, { ...typeOf(x), Tpaddings: INT });
}

/** Adds each gradient to the row of the table that its index named. */
function scatterRows(context: GraphContext, dy: GraphTensor, table: GraphTensor, indices: GraphTensor): GraphTensor {
  const { builder } = context;
  const [rows = 0, ...row] = table.sides;
  const flatCount = indices.sides.includes(-1) ? -1 : product(indices.sides);
  const inputs = [reshapeTo(context, dy, [flatCount, ...row]), reshapeTo(context, indices, [flatCount]), builder.constant([rows], [], 'int32')];
  return builder.one('UnsortedSegmentSum', inputs, { sides: table.sides, dtype: table.dtype }, { ...typeOf(table), Tindices: INT, Tnumsegments: INT });
}

function joining(context: GraphContext): Pick<ShapeOps<GraphTensor>, 'concat' | 'slice' | 'split'> {
  const { builder, tape } = context;
  return {
    concat(xs, axis) {
      let begin = 0;
      const backward = xs.map((x) => {
        const from = x.sides.map((_, at) => (at === axis ? begin : 0));
        begin += x.sides[axis] as number;
        return (dy: GraphTensor): GraphTensor => sliced(context, dy, from, x.sides);
      });
      return tape.record(xs, concatenated(context, xs, axis), backward);
    },
    slice: (x, begin, size) => tape.record([x], sliced(context, x, begin, size), [(dy) => padBack(context, dy, x, begin)]),
    split(x, parts, axis) {
      const sides = x.sides.map((side, at) => (at === axis ? side / parts : side));
      const outputs = Array.from({ length: parts }, () => ({ sides, dtype: x.dtype }));
      const made = builder.add({ op: 'Split', inputs: [builder.constant([axis], [], 'int32'), x], attrs: { ...typeOf(x), num_split: attr.int(parts) }, outputs });
      tape.recordMany([x], made, [
        (given) => concatenated(context, given.map((dy, at) => dy ?? sameShape(context, 'ZerosLike', [made[at] as GraphTensor])), axis),
      ]);
      return made;
    },
  };
}

export function shapeOps(context: GraphContext): ShapeOps<GraphTensor> {
  const { builder, tape } = context;
  return {
    ...joining(context),
    sidesOf: ({ sides }) => sides,
    dtypeOf: ({ dtype }) => (dtype === 'float64' ? 'float32' : (dtype as Dtype)),
    reshape(x, wanted) {
      const sides = reshapedSides(x.sides, wanted);
      if (sides.join() === x.sides.join()) return x;
      return tape.record([x], reshapeTo(context, x, sides), [(dy) => reshapeTo(context, dy, x.sides)]);
    },
    transpose: (x, order) =>
      tape.record([x], transposed(context, x, order), [(dy) => transposed(context, dy, order.map((_, axis) => order.indexOf(axis)))]),
    gather(table, indices) {
      const attrs = { Tparams: attr.type(table.dtype), Tindices: INT, Taxis: INT };
      const y = builder.one('GatherV2', [table, indices, builder.constant([0], [], 'int32')], { sides: [...indices.sides, ...table.sides.slice(1)], dtype: table.dtype }, attrs);
      return tape.record([table, indices], y, [(dy) => scatterRows(context, dy, table, indices), undefined]);
    },
    oneHot(indices, depth) {
      const dtype = context.float;
      const inputs = [indices, builder.constant([depth], [], 'int32'), builder.constant([1], [], dtype), builder.constant([0], [], dtype)];
      return builder.one('OneHot', inputs, { sides: [...indices.sides, depth], dtype }, { T: attr.type(dtype), TI: INT });
    },
    constant(values, sides, dtype = 'float32') {
      const list = typeof values === 'number' ? [values] : values;
      return builder.constant(list, sides ?? (typeof values === 'number' ? [] : [values.length]), tfDtype(context, dtype));
    },
    zerosLike: (x) => sameShape(context, 'ZerosLike', [x]),
  };
}
