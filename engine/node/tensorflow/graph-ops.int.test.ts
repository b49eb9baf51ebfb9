import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor, Tf } from '../../backend.ts';
import { randomStream } from '../../data/random.ts';
import type { Ops, Sides } from '../../ops/ops.ts';
import { tfjsOps } from '../../ops/tfjs/tfjs-ops.ts';
import { loadTensorflow } from '../load-tensorflow.ts';
import { GraphBuilder, type GraphTensor } from './graph-builder.ts';
import { graphOps } from './graph-ops.ts';
import { scalar, type GraphContext } from './ops/context.ts';
import { GraphSession } from './session.ts';
import { Tape } from './tape.ts';

let tf: Tf;
beforeAll(() => {
  ({ tf } = loadTensorflow({ threads: 2 }));
});

interface OpCase {
  readonly name: string;
  /** Of the operation's inputs. The first side of each is the batch where `isBatched`. */
  readonly inputs: readonly Sides[];
  readonly isPositive?: boolean;
  run<T>(ops: Ops<T>, inputs: readonly [T, T, T]): T;
}

const pair = { inputs: [[3, 4], [3, 4]] };
const repeated = { inputs: [[3, 1, 4], [2, 1]] };
const single = { inputs: [[3, 4]] };
const image = [2, 5, 6, 3];
const window = { size: [2, 3], strides: [2, 1], padding: 'same' } as const;

const CASES: readonly OpCase[] = [
  { name: 'add', ...repeated, run: (ops, [a, b]) => ops.add(a, b) },
  { name: 'sub', ...repeated, run: (ops, [a, b]) => ops.sub(a, b) },
  { name: 'mul', ...repeated, run: (ops, [a, b]) => ops.mul(a, b) },
  { name: 'div', ...repeated, isPositive: true, run: (ops, [a, b]) => ops.div(a, b) },
  { name: 'maximum', ...pair, run: (ops, [a, b]) => ops.maximum(a, b) },
  { name: 'minimum', ...repeated, run: (ops, [a, b]) => ops.minimum(a, b) },
  { name: 'scale and shift', ...single, run: (ops, [x]) => ops.shift(ops.scale(x, -2.5), 0.75) },
  { name: 'neg', ...single, run: (ops, [x]) => ops.neg(x) },
  { name: 'abs', ...single, run: (ops, [x]) => ops.abs(x) },
  { name: 'square', ...single, run: (ops, [x]) => ops.square(x) },
  { name: 'sqrt', ...single, isPositive: true, run: (ops, [x]) => ops.sqrt(x) },
  { name: 'rsqrt', ...single, isPositive: true, run: (ops, [x]) => ops.rsqrt(x) },
  { name: 'exp', ...single, run: (ops, [x]) => ops.exp(x) },
  { name: 'log', ...single, isPositive: true, run: (ops, [x]) => ops.log(x) },
  { name: 'erf', ...single, run: (ops, [x]) => ops.erf(x) },
  { name: 'relu', ...single, run: (ops, [x]) => ops.relu(x) },
  { name: 'sigmoid', ...single, run: (ops, [x]) => ops.sigmoid(x) },
  { name: 'tanh', ...single, run: (ops, [x]) => ops.tanh(x) },
  { name: 'softplus', ...single, run: (ops, [x]) => ops.softplus(x) },
  { name: 'softmax', inputs: [[2, 3, 4]], run: (ops, [x]) => ops.softmax(x) },
  { name: 'biasAdd', inputs: [[2, 3, 4], [4]], run: (ops, [x, bias]) => ops.biasAdd(x, bias) },
  { name: 'where', ...pair, run: (ops, [a, b]) => ops.where(ops.greater(a, b), ops.square(a), ops.scale(b, 3)) },
  { name: 'comparisons', ...pair, run: (ops, [a, b]) => ops.mul(ops.cast(ops.greaterEqual(a, b), 'float32'), a) },
  { name: 'stopGradient', ...single, run: (ops, [x]) => ops.mul(x, ops.stopGradient(x)) },
  { name: 'sum', inputs: [[2, 3, 4]], run: (ops, [x]) => ops.square(ops.sum(x, [1])) },
  { name: 'sum, sides kept', inputs: [[2, 3, 4]], run: (ops, [x]) => ops.mul(ops.sum(x, [0, 2], true), x) },
  { name: 'mean over the batch', inputs: [[3, 4]], run: (ops, [x]) => ops.square(ops.mean(x, [0])) },
  { name: 'mean of all', inputs: [[3, 4]], run: (ops, [x]) => ops.square(ops.mean(x)) },
  { name: 'reshape', inputs: [[2, 3, 4]], run: (ops, [x]) => ops.square(ops.reshape(x, [-1, 12])) },
  { name: 'transpose', inputs: [[2, 3, 4], [4, 2, 3]], run: (ops, [x, y]) => ops.mul(ops.transpose(x, [2, 0, 1]), y) },
  { name: 'concat', inputs: [[2, 3], [2, 1]], run: (ops, [a, b]) => ops.square(ops.concat([a, b, a], 1)) },
  { name: 'slice', inputs: [[2, 5, 3]], run: (ops, [x]) => ops.square(ops.slice(x, [0, 1, 0], [-1, 2, -1])) },
  { name: 'split', inputs: [[2, 6]], run: (ops, [x]) => { const [a, , c] = ops.split(x, 3, 1); return ops.mul(a as typeof x, c as typeof x); } },
  { name: 'gather', inputs: [[5, 3]], run: (ops, [table]) => ops.square(ops.gather(table, ops.constant([1, 4, 1, 0], [2, 2], 'int32'))) },
  { name: 'oneHot', inputs: [[4, 3]], run: (ops, [x]) => ops.mul(x, ops.oneHot(ops.argMax(x), 3)) },
  { name: 'zerosLike', ...single, run: (ops, [x]) => ops.add(x, ops.zerosLike(x)) },
  { name: 'matMul', inputs: [[2, 3], [3, 4]], run: (ops, [a, b]) => ops.matMul(a, b) },
  { name: 'matMul, first transposed', inputs: [[3, 2], [3, 4]], run: (ops, [a, b]) => ops.matMul(a, b, { transposeA: true }) },
  { name: 'matMul, second transposed', inputs: [[2, 3], [4, 3]], run: (ops, [a, b]) => ops.matMul(a, b, { transposeB: true }) },
  { name: 'matMul of stacks, both transposed', inputs: [[2, 2, 3, 2], [2, 2, 4, 3]], run: (ops, [a, b]) => ops.matMul(a, b, { transposeA: true, transposeB: true }) },
  { name: 'matMul of stacks', inputs: [[2, 3, 4], [2, 4, 2]], run: (ops, [a, b]) => ops.matMul(a, b) },
  { name: 'conv2d', inputs: [image, [3, 2, 3, 4]], run: (ops, [x, kernel]) => ops.conv2d(x, kernel, { strides: [2, 1], padding: 'valid' }) },
  { name: 'conv2d, padded', inputs: [image, [3, 2, 3, 4]], run: (ops, [x, kernel]) => ops.conv2d(x, kernel, { strides: [2, 2], padding: 'same' }) },
  { name: 'depthwiseConv2d', inputs: [image, [3, 2, 3, 2]], run: (ops, [x, kernel]) => ops.depthwiseConv2d(x, kernel, { strides: [1, 1], padding: 'valid' }) },
  { name: 'maxPool', inputs: [image], run: (ops, [x]) => ops.square(ops.maxPool(x, window)) },
  { name: 'avgPool', inputs: [image], run: (ops, [x]) => ops.square(ops.avgPool(x, window)) },
  { name: 'batchNorm of images', inputs: [image, [3], [3]], run: (ops, [x, gamma, beta]) => ops.batchNormTraining(x, { gamma, beta }, 1e-3).y },
  { name: 'batchNorm of rows', inputs: [[6, 3], [3], [3]], run: (ops, [x, gamma, beta]) => ops.batchNormTraining(x, { gamma, beta }, 1e-3).y },
  { name: 'batchNorm with a very small epsilon', inputs: [[6, 3], [3], [3]], run: (ops, [x, gamma, beta]) => ops.batchNormTraining(x, { gamma, beta }, 1e-7).y },
  { name: 'batchNorm outside training', inputs: [[6, 3], [3]], isPositive: true, run: (ops, [x, w]) => ops.batchNormInference(x, { gamma: w, beta: w, mean: w, variance: w }, 1e-3) },
  { name: 'sparseCrossEntropy', inputs: [[3, 4]], run: (ops, [x]) => ops.sparseCrossEntropy(ops.scale(x, 30), ops.constant([0, 3, 1], [3], 'int32')) },
  { name: 'denseCrossEntropy', inputs: [[2, 3]], run: (ops, [x]) => ops.denseCrossEntropy(x, ops.constant([0.2, 0.3, 0.5, 1, 0, 0], [2, 3])) },
];

/** A sum in which each value of the result has another weight: its gradient shows every place. */
function probe<T>(ops: Ops<T>, { run }: OpCase, inputs: readonly T[], size: number, sides: Sides): T {
  const weights = ops.constant(Float32Array.from({ length: size }, (_, at) => 0.5 + ((at * 7) % 11) / 11), sides);
  return ops.sum(ops.mul(run(ops, inputs as [T, T, T]), weights));
}

interface Outcome {
  readonly values: Float32Array;
  readonly gradients: readonly Float32Array[];
}

function onTfjs(op: OpCase, inputs: readonly Float32Array[]): Outcome & { readonly sides: Sides } {
  const ops = tfjsOps(tf);
  const tensors = inputs.map((values, at) => tf.tensor(values, [...(op.inputs[at] as Sides)]));
  const y = op.run(ops, tensors as unknown as [Tensor, Tensor, Tensor]);
  const gradients = tf.grads((...given: Tensor[]) => probe(ops, op, given, y.size, y.shape))(tensors);
  return { values: y.dataSync() as Float32Array, sides: y.shape, gradients: gradients.map((gradient) => gradient.dataSync() as Float32Array) };
}

/** `float`: float64 checks that the graph can be built for exact gradients as well. */
function onGraph(op: OpCase, inputs: readonly Float32Array[], sides: Sides, float: GraphContext['float']): Outcome {
  const builder = new GraphBuilder();
  const context: GraphContext = { builder, tape: new Tape(), float };
  const ops = graphOps(context);
  const fed = op.inputs.map((input, at) => builder.placeholder(`in/${at}`, input, 'float32'));
  const tensors = fed.map((tensor) => ops.cast(tensor, 'float32'));
  const size = sides.reduce((product, side) => product * side, 1);
  const y = op.run(ops, tensors as unknown as [GraphTensor, GraphTensor, GraphTensor]);
  expect(y.sides).toEqual(sides);
  context.tape.start();
  const loss = probe(ops, op, tensors, size, sides);
  const gradients = context.tape.gradients(loss, tensors, scalar(context, 1, float), ops.add).map((gradient, at) => gradient ?? ops.zerosLike(tensors[at] as GraphTensor));
  const plain: Ops<GraphTensor> = graphOps({ ...context, float: 'float32' });
  const outputs = [y, ...gradients].map((tensor, at) => {
    builder.output(`out/${at}`, plain.cast(tensor, 'float32'));
    return `out/${at}`;
  });
  const session = new GraphSession(tf, builder);
  const feeds = inputs.map((values, at) => ({ name: `in/${at}`, sides: op.inputs[at] as Sides, values }));
  const [values, ...rest] = session.run(feeds, outputs) as Float32Array[];
  session.dispose();
  return { values: values as Float32Array, gradients: rest };
}

function expectClose(ours: Float32Array, theirs: Float32Array, tolerance: number): void {
  expect(ours.length).toBe(theirs.length);
  const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  ours.forEach((value, at) => expect(Math.abs(value - (theirs[at] as number))).toBeLessThanOrEqual(tolerance * largest));
}

describe.each(CASES)('$name', (op) => {
  it.each(['float32', 'float64'] as const)('gives in a graph of %s what TensorFlow.js gives, and its gradients', (float) => {
    const random = randomStream(3, op.name);
    const inputs = op.inputs.map((sides) => Float32Array.from({ length: sides.reduce((a, b) => a * b, 1) }, () => (op.isPositive === true ? random.nextUniform() + 0.5 : random.nextUniform() * 2 - 1)));
    const theirs = tf.tidy(() => onTfjs(op, inputs) as never) as ReturnType<typeof onTfjs>;
    const ours = onGraph(op, inputs, theirs.sides, float);
    expectClose(ours.values, theirs.values, 1e-5);
    ours.gradients.forEach((gradient, at) => expectClose(gradient, theirs.gradients[at] as Float32Array, 1e-4));
  });
});
