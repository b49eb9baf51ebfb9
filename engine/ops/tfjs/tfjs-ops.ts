import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Tf } from '../../backend.ts';
import type { ArithmeticOps, ChoiceOps, Dtype, LinearAlgebraOps, NormalisationOps, Ops, ReductionOps, ShapeOps } from '../ops.ts';
import { averagePool } from './average-pool.ts';
import { denseCrossEntropy, sparseCrossEntropy } from './cross-entropy.ts';

/** Both in their common shape: the gradient of a maximum does not sum up what was repeated. */
function repeated(tf: Tf, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const sides = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  return [tf.broadcastTo(a, sides), tf.broadcastTo(b, sides)];
}

function arithmetic(tf: Tf): ArithmeticOps<Tensor> {
  return {
    add: (a, b) => tf.add(a, b),
    sub: (a, b) => tf.sub(a, b),
    mul: (a, b) => tf.mul(a, b),
    div: (a, b) => tf.div(a, b),
    maximum: (a, b) => tf.maximum(...repeated(tf, a, b)),
    minimum: (a, b) => tf.minimum(...repeated(tf, a, b)),
    scale: (x, factor) => tf.mul(x, factor),
    shift: (x, amount) => tf.add(x, amount),
    neg: (x) => tf.neg(x),
    abs: (x) => tf.abs(x),
    square: (x) => tf.square(x),
    sqrt: (x) => tf.sqrt(x),
    rsqrt: (x) => tf.rsqrt(x),
    exp: (x) => tf.exp(x),
    log: (x) => tf.log(x),
    erf: (x) => tf.erf(x),
    relu: (x) => tf.relu(x),
    sigmoid: (x) => tf.sigmoid(x),
    tanh: (x) => tf.tanh(x),
    softplus: (x) => tf.softplus(x),
    softmax: (x) => tf.softmax(x),
    biasAdd: (x, bias) => tf.add(x, bias),
  };
}

/** An operation whose result no gradient goes through; TensorFlow.js throws where one has to. */
function withoutGradient(tf: Tf, operation: (...xs: Tensor[]) => Tensor): (...xs: Tensor[]) => Tensor {
  return tf.customGrad((...args) => {
    const xs = args.slice(0, -1) as Tensor[];
    return { value: operation(...xs), gradFunc: (() => xs.map((x) => tf.zerosLike(x))) };
  });
}

/** The condition is no input of it, since TensorFlow.js would look for the gradient of what it comes from. */
function choose(tf: Tf, condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const pick = tf.customGrad((left, right, save) => {
    (save as (tensors: Tensor[]) => void)([condition]);
    const gradFunc = (dy: Tensor, [saved]: [Tensor]): Tensor[] => [tf.where(saved, dy, tf.zerosLike(dy)), tf.where(saved, tf.zerosLike(dy), dy)];
    return { value: tf.where(condition, left as Tensor, right as Tensor), gradFunc: gradFunc as never };
  });
  return pick(a, b);
}

function choice(tf: Tf): ChoiceOps<Tensor> {
  return {
    equal: withoutGradient(tf, (a, b) => tf.equal(a, b)),
    greater: withoutGradient(tf, (a, b) => tf.greater(a, b)),
    greaterEqual: withoutGradient(tf, (a, b) => tf.greaterEqual(a, b)),
    where: (condition, a, b) => choose(tf, condition, a, b),
    cast: (x, dtype) => tf.cast(x, dtype),
    argMax: withoutGradient(tf, (x) => tf.argMax(x, -1)),
    stopGradient: withoutGradient(tf, (x) => (x).clone()),
  };
}

function reductions(tf: Tf): ReductionOps<Tensor> {
  return {
    sum: (x, axes, keepDims) => tf.sum(x, axes === undefined ? undefined : [...axes], keepDims),
    mean: (x, axes, keepDims) => tf.mean(x, axes === undefined ? undefined : [...axes], keepDims),
  };
}

function shapes(tf: Tf): ShapeOps<Tensor> {
  return {
    sidesOf: (x) => x.shape,
    dtypeOf: (x) => x.dtype as Dtype,
    reshape: (x, sides) => tf.reshape(x, [...sides]),
    transpose: (x, order) => tf.transpose(x, [...order]),
    concat: (xs, axis) => tf.concat([...xs], axis),
    slice: (x, begin, size) => tf.slice(x, [...begin], [...size]),
    split: (x, parts, axis) => tf.split(x, parts, axis),
    gather: (table, indices) => tf.gather(table, indices),
    oneHot: (indices, depth) => tf.oneHot(indices, depth, 1, 0, 'float32'),
    constant: (values, sides, dtype = 'float32') => (typeof values === 'number' ? tf.scalar(values, dtype) : tf.tensor(Array.from(values), sides === undefined ? undefined : [...sides], dtype)),
    zerosLike: (x) => tf.zerosLike(x),
  };
}

function linearAlgebra(tf: Tf): LinearAlgebraOps<Tensor> {
  return {
    matMul: (a, b, { transposeA, transposeB } = {}) => tf.matMul(a, b, transposeA, transposeB),
    conv2d: (x, kernel, { strides, padding }) => tf.conv2d(x as Tensor4D, kernel as Tensor4D, [...strides], padding),
    depthwiseConv2d: (x, kernel, { strides, padding }) => tf.depthwiseConv2d(x as Tensor4D, kernel as Tensor4D, [...strides], padding),
    maxPool: (x, { size, strides, padding }) => tf.maxPool(x as Tensor4D, [...size], [...strides], padding),
    avgPool: (x, window) => averagePool(tf, x, window),
  };
}

/** As plain arithmetic, since the fused operation's gradient leaves out that mean and variance depend on x. */
function normalisation(tf: Tf): NormalisationOps<Tensor> {
  function batchNormInference(x: Tensor, weights: { gamma: Tensor; beta: Tensor; mean: Tensor; variance: Tensor }, epsilon: number): Tensor {
    const scale = tf.mul(weights.gamma, tf.rsqrt(tf.add(weights.variance, epsilon)));
    return tf.add(tf.mul(tf.sub(x, weights.mean), scale), weights.beta);
  }
  return {
    batchNormInference,
    batchNormTraining(x, weights, epsilon) {
      const axes = x.shape.map((_, axis) => axis).slice(0, -1);
      const { mean, variance } = tf.moments(x, axes);
      return { y: batchNormInference(x, { ...weights, mean, variance }, epsilon), mean, variance };
    },
  };
}

/** The operations on any TensorFlow.js backend; gradients are TensorFlow.js's own. */
export function tfjsOps(tf: Tf): Ops<Tensor> {
  return {
    ...arithmetic(tf),
    ...choice(tf),
    ...reductions(tf),
    ...shapes(tf),
    ...linearAlgebra(tf),
    ...normalisation(tf),
    sparseCrossEntropy: (scores, labels) => sparseCrossEntropy(tf, scores as Tensor2D, labels as Tensor1D),
    denseCrossEntropy: (scores, targets) => denseCrossEntropy(tf, scores as Tensor2D, targets as Tensor2D),
  };
}
