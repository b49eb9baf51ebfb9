/** The measurements themselves. Each blocks its process: `benchmarkDevice` makes them in one of their own. */
import { CyxError } from '#core/errors/cyx-error';
import { countFlops, dataNeeds } from '#core/graph/shapes';
import type { ModelGraph } from '#core/graph/schema';
import type { Tf } from '../../backend.ts';
import { BYTES_TO_UNIT } from '../../data/dataset.ts';
import { compileModel } from '../../model/model.ts';
import { initialWeights } from '../../model/weights.ts';
import { graphBackend } from '../tensorflow/backend.ts';
import { attr, GraphBuilder, type GraphTensor, type GraphVariable } from '../tensorflow/graph-builder.ts';
import { GraphSession } from '../tensorflow/session.ts';
import { noiseBatch } from './reference.ts';
import type { Bandwidth, Effort, MatMulSpeed, TrainingSpeed } from './report.ts';
import { stepsPerSecond } from './rounds.ts';

const SEED = 1;
/** Forward, gradient by input, gradient by weights: see `countFlops`. */
const PASSES_PER_STEP = 3;

/** @throws CyxError GRAPH_INVALID for a model that does not learn class labels from numbers. */
function checkMeasurable(graph: ModelGraph): void {
  const { inputDtype, targets } = dataNeeds(graph);
  if (inputDtype === 'float32' && targets === 'label') return;
  throw new CyxError('GRAPH_INVALID', 'Speed is measured with a model that takes numbers and gives classes; choose another graph');
}

/** Training steps as a job makes them, each fed and its loss read before the next one. */
export function measureTraining(tf: Tf, graph: ModelGraph, batchSize: number, effort: Effort): TrainingSpeed {
  checkMeasurable(graph);
  const model = compileModel(graph);
  const { inputShape } = dataNeeds(graph);
  const batch = noiseBatch(graph, batchSize);
  const stepper = graphBackend(tf).createStepper({
    model,
    input: { shape: inputShape, dtype: 'uint8', normalise: BYTES_TO_UNIT },
    hyperParameters: { epochs: 1, batchSize, learningRate: 0.001, optimizer: 'adam', seed: SEED },
    tensors: initialWeights([...model.trainable, ...model.frozen], SEED),
  });
  try {
    let step = 0;
    const rate = stepsPerSecond(() => {
      stepper.run(batch, ++step);
      stepper.readMetrics();
    }, effort);
    const samplesPerSecond = rate * batchSize;
    return { batchSize, samplesPerSecond, gflopPerSecond: (samplesPerSecond * PASSES_PER_STEP * countFlops(graph)) / 1e9 };
  } finally {
    stepper.dispose();
  }
}

/** A variable that is filled on the device, by running `name`. */
function filledVariable(builder: GraphBuilder, name: string, sides: readonly number[], value: number): GraphVariable {
  const variable = builder.variable(name, sides, 'float32');
  const fill = builder.one('Fill', [builder.int32(sides), builder.constant([value], [], 'float32')], { sides, dtype: 'float32' }, { T: attr.type('float32'), index_type: attr.type('int32') });
  builder.output(`fill-${name}`, done(builder), [builder.assign(variable, fill)]);
  return variable;
}

/** Something small to fetch, for runs that only have to happen. */
const done = (builder: GraphBuilder): GraphTensor => builder.constant([1], [], 'int32');

const runs = (session: GraphSession, name: string): void => void session.run([], [name]);

/** One product of two square matrices after the other; of each only one value leaves the device. */
export function measureMatMul(tf: Tf, side: number, effort: Effort): MatMulSpeed {
  const builder = new GraphBuilder();
  const sides = [side, side];
  const [a, b] = (['a', 'b'] as const).map((name, at) => builder.read(filledVariable(builder, name, sides, 0.5 + at))) as [GraphTensor, GraphTensor];
  const T = attr.type('float32');
  const product = builder.one('MatMul', [a, b], { sides, dtype: 'float32' }, { T, transpose_a: attr.bool(false), transpose_b: attr.bool(false) });
  const corner = builder.one('Slice', [product, builder.int32([0, 0]), builder.int32([1, 1])], { sides: [1, 1], dtype: 'float32' }, { T, Index: attr.type('int32') });
  builder.output('product', corner);
  const session = new GraphSession(tf, builder);
  try {
    for (const name of ['fill-a', 'fill-b']) runs(session, name);
    const rate = stepsPerSecond(() => runs(session, 'product'), effort);
    return { side, gflopPerSecond: (rate * 2 * side ** 3) / 1e9 };
  } finally {
    session.dispose();
  }
}

const BYTES_PER_FLOAT = 4;
/** a and b are read, a is written. */
const MOVES_PER_VALUE = 3;

/** a ← a − s·b over two large arrays, in place: nothing is allocated, so it is the memory that sets the pace. */
export function measureBandwidth(tf: Tf, sizeBytes: number, effort: Effort): Bandwidth {
  const values = sizeBytes / BYTES_PER_FLOAT;
  const builder = new GraphBuilder();
  const [a, b] = (['a', 'b'] as const).map((name, at) => filledVariable(builder, name, [values], 0.5 + at)) as [GraphVariable, GraphVariable];
  const inputs = [a.handle, builder.constant([1e-9], [], 'float32'), builder.read(b)];
  const attrs = { T: attr.type('float32'), use_locking: attr.bool(false) };
  const moved = builder.one('ResourceApplyGradientDescent', inputs, { sides: [], dtype: 'float32' }, attrs);
  builder.output('moved', done(builder), [moved]);
  const session = new GraphSession(tf, builder);
  try {
    for (const name of ['fill-a', 'fill-b']) runs(session, name);
    const rate = stepsPerSecond(() => runs(session, 'moved'), effort);
    return { sizeBytes, gigabytesPerSecond: (rate * values * MOVES_PER_VALUE * BYTES_PER_FLOAT) / 1e9 };
  } finally {
    session.dispose();
  }
}
