import type { ChoiceOps } from '../../../ops/ops.ts';
import { attr, type GraphTensor } from '../graph-builder.ts';
import { binary, sameShape, scalar, tfDtype, typeOf, type GraphContext } from './context.ts';

const isFloat = ({ dtype }: GraphTensor): boolean => dtype.startsWith('float');

export function choiceOps(context: GraphContext): ChoiceOps<GraphTensor> {
  const { builder, tape } = context;
  const compare = (op: string) => (a: GraphTensor, b: GraphTensor): GraphTensor => ({ ...binary(context, op, a, b), dtype: 'bool' });
  const select = (condition: GraphTensor, a: GraphTensor, b: GraphTensor, like: GraphTensor): GraphTensor =>
    builder.one('SelectV2', [condition, a, b], { sides: like.sides, dtype: like.dtype }, typeOf(like));
  return {
    equal: compare('Equal'),
    greater: compare('Greater'),
    greaterEqual: compare('GreaterEqual'),
    where(condition, a, b) {
      const zero = scalar(context, 0, a.dtype);
      return tape.record([condition, a, b], select(condition, a, b, a), [undefined, (dy) => select(condition, dy, zero, dy), (dy) => select(condition, zero, dy, dy)]);
    },
    cast(x, to) {
      const dtype = tfDtype(context, to);
      if (dtype === x.dtype) return x;
      const y = builder.one('Cast', [x], { sides: x.sides, dtype }, { SrcT: attr.type(x.dtype), DstT: attr.type(dtype) });
      const back = (dy: GraphTensor): GraphTensor => builder.one('Cast', [dy], { sides: x.sides, dtype: x.dtype }, { SrcT: attr.type(dtype), DstT: attr.type(x.dtype) });
      return tape.record([x], y, [isFloat(x) && isFloat(y) ? back : undefined]);
    },
    argMax(x) {
      const axis = builder.constant([x.sides.length - 1], [], 'int32');
      const attrs = { ...typeOf(x), Tidx: attr.type('int32'), output_type: attr.type('int32') };
      return builder.one('ArgMax', [x, axis], { sides: x.sides.slice(0, -1), dtype: 'int32' }, attrs);
    },
    stopGradient: (x) => sameShape(context, 'StopGradient', [x]),
  };
}
