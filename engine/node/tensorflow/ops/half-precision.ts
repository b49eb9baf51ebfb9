import type { LinearAlgebraOps } from '../../../ops/ops.ts';
import { attr, type GraphTensor } from '../graph-builder.ts';
import type { TfDtype } from '../saved-model.ts';
import type { GraphContext } from './context.ts';

type Products = Pick<LinearAlgebraOps<GraphTensor>, 'matMul' | 'conv2d'>;

function converted({ builder }: GraphContext, x: GraphTensor, dtype: TfDtype): GraphTensor {
  return builder.one('Cast', [x], { sides: x.sides, dtype }, { SrcT: attr.type(x.dtype), DstT: attr.type(dtype) });
}

/** x in another type; its gradient comes back in x's own. */
function cast(context: GraphContext, x: GraphTensor, dtype: TfDtype): GraphTensor {
  return context.tape.record([x], converted(context, x, dtype), [(dy) => converted(context, dy, x.dtype)]);
}

/**
 * Matrix products and convolutions, and so their gradients, in bfloat16: it has float32's range, so that losses need no
 * scaling. Everything else, the weights and their updates above all, stays float32.
 */
export function inHalfPrecision(context: GraphContext, products: Products): Products {
  const half = (x: GraphTensor): GraphTensor => cast(context, x, 'bfloat16');
  const whole = (x: GraphTensor): GraphTensor => cast(context, x, context.float);
  return {
    matMul: (a, b, options) => whole(products.matMul(half(a), half(b), options)),
    conv2d: (x, kernel, options) => whole(products.conv2d(half(x), half(kernel), options)),
  };
}
