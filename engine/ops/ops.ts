/**
 * The tensor operations that layers, losses and optimizers are written in. A backend implements them once: TensorFlow.js
 * runs each at once (`ops/tfjs`), the graph backend appends a node to a TensorFlow graph (`node/tensorflow`). What is
 * written over `Ops` therefore gives the same numbers on both, and its gradient comes with the operations.
 *
 * `T` is a backend's handle of a tensor. Images are [batch, height, width, channels]. Every operation is
 * differentiable in its float arguments unless it says otherwise.
 */
import type { Padding, Pair } from '#core/graph/layers/window';

/** A tensor's sides. −1 stands for the batch size where it is known only when the graph runs; one side at most has it. */
export type Sides = readonly number[];

export type Dtype = 'float32' | 'int32' | 'bool';

/** One value after the other, in both arguments' common shape: sides of 1 are repeated, missing ones are added in front. */
export interface ArithmeticOps<T> {
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  maximum(a: T, b: T): T;
  minimum(a: T, b: T): T;
  /** x·factor */
  scale(x: T, factor: number): T;
  /** x + amount */
  shift(x: T, amount: number): T;
  neg(x: T): T;
  abs(x: T): T;
  square(x: T): T;
  sqrt(x: T): T;
  /** 1/sqrt(x) */
  rsqrt(x: T): T;
  exp(x: T): T;
  /** Natural logarithm. */
  log(x: T): T;
  erf(x: T): T;
  relu(x: T): T;
  sigmoid(x: T): T;
  tanh(x: T): T;
  /** ln(1 + exp(x)), exact for large |x| too. */
  softplus(x: T): T;
  /** Over the last axis. */
  softmax(x: T): T;
  /** x + bias, where bias has one value for each place on the last axis. */
  biasAdd(x: T, bias: T): T;
}

/** Without gradient, but for `where` in its two values. */
export interface ChoiceOps<T> {
  /** All comparisons give bool. */
  equal(a: T, b: T): T;
  greater(a: T, b: T): T;
  greaterEqual(a: T, b: T): T;
  /** Values of `a` where the condition holds, of `b` elsewhere; all three have one shape. */
  where(condition: T, a: T, b: T): T;
  cast(x: T, dtype: Dtype): T;
  /** Index of the largest value on the last axis, int32. */
  argMax(x: T): T;
  /** x, but no gradient goes back through it. */
  stopGradient(x: T): T;
}

/** `axes` count from 0; all of them where left out. */
export interface ReductionOps<T> {
  sum(x: T, axes?: readonly number[], keepDims?: boolean): T;
  mean(x: T, axes?: readonly number[], keepDims?: boolean): T;
}

export interface ShapeOps<T> {
  sidesOf(x: T): Sides;
  dtypeOf(x: T): Dtype;
  /** One of `sides` may be −1: what is left. */
  reshape(x: T, sides: Sides): T;
  /** Axis i of the result is axis `order[i]` of x. */
  transpose(x: T, order: readonly number[]): T;
  concat(xs: readonly T[], axis: number): T;
  /** From `begin`, `size` values on each axis; −1 in size: up to the end. */
  slice(x: T, begin: readonly number[], size: readonly number[]): T;
  /** Cut into equal parts. */
  split(x: T, parts: number, axis: number): T[];
  /** Rows of a table [rows, …] by int32 indices of any shape: [...indices, …]. Differentiable in the table. */
  gather(table: T, indices: T): T;
  /** int32 indices [...] → float32 [..., depth]. No gradient. */
  oneHot(indices: T, depth: number): T;
  /** A constant: one number, or values in row order. */
  constant(values: number | ArrayLike<number>, sides?: Sides, dtype?: Dtype): T;
  zerosLike(x: T): T;
}

export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

export interface Window {
  readonly size: Readonly<Pair>;
  readonly strides: Readonly<Pair>;
  readonly padding: Padding;
}

export interface LinearAlgebraOps<T> {
  /** Of the last two axes. Axes before them are the same in both, or none in either. */
  matMul(a: T, b: T, options?: MatMulOptions): T;
  /** Kernel [height, width, in, out]. */
  conv2d(x: T, kernel: T, options: Omit<Window, 'size'>): T;
  /** Kernel [height, width, in, multiplier]; gives in·multiplier channels. */
  depthwiseConv2d(x: T, kernel: T, options: Omit<Window, 'size'>): T;
  maxPool(x: T, window: Window): T;
  /** Padding does not count in the mean. */
  avgPool(x: T, window: Window): T;
}

export interface BatchNormWeights<T> {
  readonly gamma: T;
  readonly beta: T;
}

export interface NormalisationOps<T> {
  /**
   * Normalised by its own mean and variance over all axes but the last. The variance is that of the batch itself (divided
   * by n). Mean and variance carry no gradient.
   */
  batchNormTraining(x: T, weights: BatchNormWeights<T>, epsilon: number): { readonly y: T; readonly mean: T; readonly variance: T };
  batchNormInference(x: T, weights: BatchNormWeights<T> & { readonly mean: T; readonly variance: T }, epsilon: number): T;
}

export interface LossOps<T> {
  /** −ln softmax(scores)[label] of each sample: scores [n, classes], int32 labels [n] → [n]. Differentiable in the scores. */
  sparseCrossEntropy(scores: T, labels: T): T;
  /** −Σ target·ln softmax(scores) of each sample: both [n, classes] → [n]. Differentiable in the scores. */
  denseCrossEntropy(scores: T, targets: T): T;
}

export interface Ops<T> extends ArithmeticOps<T>, ChoiceOps<T>, ReductionOps<T>, ShapeOps<T>, LinearAlgebraOps<T>, NormalisationOps<T>, LossOps<T> {}
