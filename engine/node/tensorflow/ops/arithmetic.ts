import type { ArithmeticOps } from '../../../ops/ops.ts';
import type { GraphTensor } from '../graph-builder.ts';
import { binary, reduce, sameShape, scalar, times, typeOf, unbroadcast, type GraphContext } from './context.ts';

type Gradient = (dy: GraphTensor, x: GraphTensor, y: GraphTensor) => GraphTensor;

/** An operation on each value, with its gradient. */
function unary(context: GraphContext, op: string, gradient: Gradient): (x: GraphTensor) => GraphTensor {
  return (x) => {
    const y = sameShape(context, op, [x]);
    return context.tape.record([x], y, [(dy) => gradient(dy, x, y)]);
  };
}

type PairGradient = (dy: GraphTensor, a: GraphTensor, b: GraphTensor) => GraphTensor;

/** An operation on two values each; gradients are summed up where an operand was repeated. */
function pairwise(context: GraphContext, op: string, byA: PairGradient, byB: PairGradient): (a: GraphTensor, b: GraphTensor) => GraphTensor {
  return (a, b) =>
    context.tape.record([a, b], binary(context, op, a, b), [
      (dy) => unbroadcast(context, byA(dy, a, b), a.sides),
      (dy) => unbroadcast(context, byB(dy, a, b), b.sides),
    ]);
}

/** dy where the comparison holds, else 0. */
function choose(context: GraphContext, comparison: string, dy: GraphTensor, a: GraphTensor, b: GraphTensor): GraphTensor {
  const condition = { ...binary(context, comparison, a, b), dtype: 'bool' as const };
  const zero = scalar(context, 0, dy.dtype);
  return context.builder.one('SelectV2', [condition, dy, zero], { sides: dy.sides, dtype: dy.dtype }, typeOf(dy));
}

function pairs(context: GraphContext): Pick<ArithmeticOps<GraphTensor>, 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum'> {
  const mul = (a: GraphTensor, b: GraphTensor): GraphTensor => binary(context, 'Mul', a, b);
  const div = (a: GraphTensor, b: GraphTensor): GraphTensor => binary(context, 'RealDiv', a, b);
  const neg = (x: GraphTensor): GraphTensor => sameShape(context, 'Neg', [x]);
  const keep = (dy: GraphTensor): GraphTensor => dy;
  return {
    add: pairwise(context, 'AddV2', keep, keep),
    sub: pairwise(context, 'Sub', keep, neg),
    mul: pairwise(context, 'Mul', (dy, _a, b) => mul(dy, b), (dy, a) => mul(dy, a)),
    div: pairwise(context, 'RealDiv', (dy, _a, b) => div(dy, b), (dy, a, b) => neg(div(mul(dy, div(a, b)), b))),
    maximum: pairwise(context, 'Maximum', (dy, a, b) => choose(context, 'GreaterEqual', dy, a, b), (dy, a, b) => choose(context, 'Less', dy, a, b)),
    minimum: pairwise(context, 'Minimum', (dy, a, b) => choose(context, 'LessEqual', dy, a, b), (dy, a, b) => choose(context, 'Greater', dy, a, b)),
  };
}

function singles(context: GraphContext): Omit<ArithmeticOps<GraphTensor>, 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'biasAdd'> {
  const { tape } = context;
  const mul = (a: GraphTensor, b: GraphTensor): GraphTensor => binary(context, 'Mul', a, b);
  const same = (op: string, ...inputs: GraphTensor[]): GraphTensor => sameShape(context, op, inputs);
  return {
    scale: (x, factor) => tape.record([x], times(context, x, factor), [(dy) => times(context, dy, factor)]),
    shift: (x, amount) => tape.record([x], binary(context, 'AddV2', x, scalar(context, amount, x.dtype)), [(dy) => dy]),
    neg: unary(context, 'Neg', (dy) => same('Neg', dy)),
    abs: unary(context, 'Abs', (dy, x) => mul(dy, same('Sign', x))),
    square: unary(context, 'Square', (dy, x) => mul(dy, times(context, x, 2))),
    sqrt: unary(context, 'Sqrt', (dy, _x, y) => same('SqrtGrad', y, dy)),
    rsqrt: unary(context, 'Rsqrt', (dy, _x, y) => same('RsqrtGrad', y, dy)),
    exp: unary(context, 'Exp', (dy, _x, y) => mul(dy, y)),
    log: unary(context, 'Log', (dy, x) => binary(context, 'RealDiv', dy, x)),
    erf: unary(context, 'Erf', (dy, x) => mul(times(context, dy, 2 / Math.sqrt(Math.PI)), same('Exp', same('Neg', same('Square', x))))),
    relu: unary(context, 'Relu', (dy, _x, y) => same('ReluGrad', dy, y)),
    sigmoid: unary(context, 'Sigmoid', (dy, _x, y) => same('SigmoidGrad', y, dy)),
    tanh: unary(context, 'Tanh', (dy, _x, y) => same('TanhGrad', y, dy)),
    softplus: unary(context, 'Softplus', (dy, x) => same('SoftplusGrad', dy, x)),
    // Of y = softmax(x): dx = (dy − Σ dy·y)·y, the sum over the last axis.
    softmax: unary(context, 'Softmax', (dy, _x, y) => mul(binary(context, 'Sub', dy, reduce(context, 'Sum', mul(dy, y), [y.sides.length - 1], true)), y)),
  };
}

export function arithmeticOps(context: GraphContext): ArithmeticOps<GraphTensor> {
  return {
    ...pairs(context),
    ...singles(context),
    biasAdd(x, bias) {
      const y = context.builder.one('BiasAdd', [x, bias], { sides: x.sides, dtype: x.dtype }, typeOf(x));
      const axes = x.sides.map((_, axis) => axis).slice(0, -1);
      // A sum over the leading axes is faster than BiasAddGrad, which has one thread.
      return context.tape.record([x, bias], y, [(dy) => dy, (dy) => reduce(context, 'Sum', dy, axes, false)]);
    },
  };
}
