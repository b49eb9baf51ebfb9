import type { ArithmeticOps, ChoiceOps, LinearAlgebraOps, LossOps, NormalisationOps, Ops, ReductionOps, ShapeOps, Sides } from '../../ops/ops.ts';
import { combine, erf, map, offsetOf, sizeOfSides, sumOver, tensorOf, valueAt, type DoubleTensor } from './tensor.ts';
import { avgPool, conv2d, depthwiseConv2d, maxPool } from './windows.ts';

type T = DoubleTensor;

const lastAxis = (x: T): number => x.sides.length - 1;

function softmax(x: T): T {
  const shifted = map(x, (value) => value - Math.max(...x.data));
  const powers = map(shifted, Math.exp);
  return combine(powers, sumOver(powers, [lastAxis(x)], true), (a, b) => a / b);
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

const arithmetic: ArithmeticOps<T> = {
  add: (a, b) => combine(a, b, (x, y) => x + y),
  sub: (a, b) => combine(a, b, (x, y) => x - y),
  mul: (a, b) => combine(a, b, (x, y) => x * y),
  div: (a, b) => combine(a, b, (x, y) => x / y),
  maximum: (a, b) => combine(a, b, Math.max),
  minimum: (a, b) => combine(a, b, Math.min),
  scale: (x, factor) => map(x, (value) => value * factor),
  shift: (x, amount) => map(x, (value) => value + amount),
  neg: (x) => map(x, (value) => -value),
  abs: (x) => map(x, Math.abs),
  square: (x) => map(x, (value) => value * value),
  sqrt: (x) => map(x, Math.sqrt),
  rsqrt: (x) => map(x, (value) => 1 / Math.sqrt(value)),
  exp: (x) => map(x, Math.exp),
  log: (x) => map(x, Math.log),
  erf: (x) => map(x, erf),
  relu: (x) => map(x, (value) => Math.max(0, value)),
  sigmoid: (x) => map(x, sigmoid),
  tanh: (x) => map(x, Math.tanh),
  softplus: (x) => map(x, (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)))),
  softmax,
  biasAdd: (x, bias) => combine(x, bias, (a, b) => a + b),
};

function argMax(x: T): T {
  const last = x.sides.at(-1) as number;
  return tensorOf(x.sides.slice(0, -1), (_, at) => {
    const row = [...x.data.subarray(at * last, (at + 1) * last)];
    return row.indexOf(Math.max(...row));
  }, 'int32');
}

const choice: ChoiceOps<T> = {
  equal: (a, b) => combine(a, b, (x, y) => Number(x === y), 'bool'),
  greater: (a, b) => combine(a, b, (x, y) => Number(x > y), 'bool'),
  greaterEqual: (a, b) => combine(a, b, (x, y) => Number(x >= y), 'bool'),
  where: (condition, a, b) => tensorOf(a.sides, (_, at) => (condition.data[at] === 0 ? b : a).data[at] as number),
  cast: (x, dtype) => map(x, (value) => (dtype === 'int32' ? Math.trunc(value) : value), dtype),
  argMax,
  stopGradient: (x) => x,
};

const everyAxis = (x: T): number[] => x.sides.map((_, axis) => axis);

const reductions: ReductionOps<T> = {
  sum: (x, axes = everyAxis(x), keepDims = false) => sumOver(x, axes, keepDims),
  mean(x, axes = everyAxis(x), keepDims = false) {
    const count = axes.reduce((product, axis) => product * (x.sides[axis] as number), 1);
    return map(sumOver(x, axes, keepDims), (value) => value / count);
  },
};

function reshape(x: T, sides: Sides): T {
  const left = x.data.length / sizeOfSides(sides.filter((side) => side !== -1));
  const next = sides.map((side) => (side === -1 ? left : side));
  if (sizeOfSides(next) !== x.data.length) throw new TypeError(`[${x.sides.join()}] does not fill [${sides.join()}]`);
  return { ...x, sides: next };
}

function slice(x: T, begin: readonly number[], size: readonly number[]): T {
  const sides = x.sides.map((side, axis) => ((size[axis] as number) === -1 ? side - (begin[axis] as number) : (size[axis] as number)));
  return tensorOf(sides, (place) => valueAt(x, place.map((at, axis) => at + (begin[axis] as number))), x.dtype);
}

function concat(xs: readonly T[], axis: number): T {
  const [first] = xs as [T];
  const total = xs.reduce((sum, x) => sum + (x.sides[axis] as number), 0);
  return tensorOf(first.sides.map((side, at) => (at === axis ? total : side)), (place) => {
    let rest = place[axis] as number;
    const source = xs.find((x) => {
      if (rest < (x.sides[axis] as number)) return true;
      rest -= x.sides[axis] as number;
      return false;
    });
    return valueAt(source as T, place.map((at, other) => (other === axis ? rest : at)));
  }, first.dtype);
}

const shapes: ShapeOps<T> = {
  sidesOf: (x) => x.sides,
  dtypeOf: (x) => x.dtype,
  reshape,
  transpose(x, order) {
    const sides = order.map((axis) => x.sides[axis] as number);
    return tensorOf(sides, (place) => valueAt(x, x.sides.map((_, axis) => place[order.indexOf(axis)] as number)), x.dtype);
  },
  concat,
  slice,
  split(x, parts, axis) {
    const length = (x.sides[axis] as number) / parts;
    return Array.from({ length: parts }, (_, part) =>
      slice(x, x.sides.map((_, at) => (at === axis ? part * length : 0)), x.sides.map((side, at) => (at === axis ? length : side))),
    );
  },
  gather(table, indices) {
    const row = sizeOfSides(table.sides.slice(1));
    return tensorOf([...indices.sides, ...table.sides.slice(1)], (_, at) => table.data[(indices.data[Math.floor(at / row)] as number) * row + (at % row)] as number);
  },
  oneHot: (indices, depth) => tensorOf([...indices.sides, depth], (place, at) => Number(indices.data[Math.floor(at / depth)] === place.at(-1))),
  constant: (values, sides, dtype = 'float32') =>
    typeof values === 'number' ? { sides: [], data: Float64Array.of(values), dtype } : { sides: sides ?? [values.length], data: Float64Array.from(values), dtype },
  zerosLike: (x) => map(x, () => 0),
};

const linearAlgebra: LinearAlgebraOps<T> = {
  matMul(a, b, { transposeA = false, transposeB = false } = {}) {
    const [left, right] = [transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b];
    const inner = left.sides.at(-1) as number;
    return tensorOf([...left.sides.slice(0, -1), right.sides.at(-1) as number], (place) => {
      const [front, row, column] = [place.slice(0, -2), place.at(-2) as number, place.at(-1) as number];
      let sum = 0;
      for (let at = 0; at < inner; at++) sum += valueAt(left, [...front, row, at]) * valueAt(right, [...front, at, column]);
      return sum;
    });
  },
  conv2d,
  depthwiseConv2d,
  maxPool,
  avgPool,
};

function swapLast(x: T): T {
  const order = everyAxis(x);
  return shapes.transpose(x, [...order.slice(0, -2), order.length - 1, order.length - 2]);
}

function batchNormInference(x: T, { gamma, beta, mean, variance }: { gamma: T; beta: T; mean: T; variance: T }, epsilon: number): T {
  return tensorOf(x.sides, (place, at) => {
    const channel = offsetOf(gamma.sides, place);
    const of = ({ data }: T): number => data[channel] as number;
    return (of(gamma) * ((x.data[at] as number) - of(mean))) / Math.sqrt(of(variance) + epsilon) + of(beta);
  });
}

const normalisation: NormalisationOps<T> = {
  batchNormInference,
  batchNormTraining(x, weights, epsilon) {
    const axes = everyAxis(x).slice(0, -1);
    const mean = reductions.mean(x, axes);
    const variance = reductions.mean(combine(x, mean, (a, b) => (a - b) ** 2), axes);
    return { y: batchNormInference(x, { ...weights, mean, variance }, epsilon), mean, variance };
  },
};

function denseCrossEntropy(scores: T, targets: T): T {
  const logs = map(softmax(scores), Math.log);
  return map(sumOver(combine(logs, targets, (a, b) => a * b), [1], false), (value) => -value);
}

const losses: LossOps<T> = {
  denseCrossEntropy,
  sparseCrossEntropy: (scores, labels) => denseCrossEntropy(scores, shapes.oneHot(labels, scores.sides[1] as number)),
};

/** The operations in double precision, one sample of the definition of each. Without gradients. */
export const DOUBLE_OPS: Ops<T> = { ...arithmetic, ...choice, ...reductions, ...shapes, ...linearAlgebra, ...normalisation, ...losses };
