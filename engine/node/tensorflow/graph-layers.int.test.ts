import { beforeAll, describe, expect, it } from 'vitest';
import type { Tf } from '../../backend.ts';
import { randomStream } from '../../data/random.ts';
import { differences, doublePass, worstShare, type Uniform } from '../../testing/double/differences.ts';
import { LAYER_CASES, LOSS_CASES, plainBatch, plainModel, type PlainBatch, type PlainModel } from '../../testing/layer-cases.ts';
import { loadTensorflow } from '../load-tensorflow.ts';
import type { GraphTensor } from './graph-builder.ts';
import { addForward, NODES, startModelGraph } from './model-graph.ts';
import { scalar } from './ops/context.ts';
import { GraphSession } from './session.ts';
import { setVariables } from './stepper.ts';

let tf: Tf;
beforeAll(() => {
  ({ tf } = loadTensorflow({ threads: 2 }));
});

const SAMPLES = 3;
const SEED = 7;
const STEP = 4;

/** What both backends draw for a layer at this step. */
const uniform: Uniform = (label, count) => {
  const random = randomStream(SEED, label, STEP);
  return Array.from({ length: count }, () => random.nextUniform());
};

interface Results {
  readonly scores: Float32Array;
  readonly loss: number;
  readonly correct: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

function graphPass({ model, weights }: PlainModel, batch: PlainBatch, samples: number): Results {
  const dtype = batch.x instanceof Int32Array ? 'int32' : 'float32';
  const parts = startModelGraph(model, { shape: batch.xShape.slice(1), dtype, normalise: { scale: 1, offset: 0 } }, samples);
  const { context, ops, y } = parts;
  const { builder, tape } = context;
  const step = builder.placeholder(NODES.step, [], 'int32');
  tape.start();
  const { scores, read } = addForward(parts, model, { seed: SEED, step });
  const loss = model.loss.mean(ops, scores, y);
  const sources = model.trainable.map(({ fullName }) => read.get(fullName) as GraphTensor);
  const gradients = tape.gradients(loss, sources, scalar(context, 1, 'float32'), ops.add);
  expect(gradients.map((gradient) => gradient?.sides.join())).toEqual(model.trainable.map(({ shape }) => shape.join()));
  const outputs = [scores, loss, model.loss.correct(ops, scores, y), ...(gradients as GraphTensor[])];
  for (const [at, output] of outputs.entries()) builder.output(`out/${at}`, output);
  const session = new GraphSession(tf, builder);
  try {
    setVariables(session, builder.variables, ({ name }) => weights.get(name)?.data as Float32Array);
    const feeds = [
      { name: NODES.x, sides: batch.xShape, values: batch.x },
      { name: NODES.y, sides: batch.yShape, values: batch.y },
      { name: NODES.step, sides: [], values: Int32Array.of(STEP) },
    ];
    const [scoreValues, lossValue, correct, ...rest] = session.run(feeds, outputs.map((_, at) => `out/${at}`)) as Float32Array[];
    return {
      scores: scoreValues as Float32Array,
      loss: lossValue?.[0] as number,
      correct: correct?.[0] as number,
      gradients: new Map(model.trainable.map(({ fullName }, at) => [fullName, rest[at] as Float32Array])),
    };
  } finally {
    session.dispose();
  }
}

describe.each(LAYER_CASES)('$name as a TensorFlow graph', ({ name, graph }) => {
  it.each(LOSS_CASES)('has the loss and the gradients of its definition: %o', (output) => {
    const model = plainModel(graph(output));
    const batch = plainBatch(model.model.graph, SAMPLES);
    // Both ways of saying how large a batch is: known when the graph is built, or only when it runs.
    const ours = graphPass(model, batch, name.length % 2 === 0 ? -1 : SAMPLES);
    const exact = doublePass(model, batch, { training: true, uniform });
    exact.scores.forEach((score, at) => expect(Math.abs((ours.scores[at] as number) - score)).toBeLessThan(1e-5 * Math.max(1, Math.abs(score))));
    expect(ours.loss).toBeCloseTo(exact.loss, 5);
    expect(ours.correct).toBe(exact.correct);
    const worst = worstShare(differences(model, batch, uniform), ours.gradients);
    expect(worst.share, worst.weight).toBeLessThan(1e-4);
  });
});
