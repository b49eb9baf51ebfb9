import type { Tf } from '../backend.ts';
import { addForward, NODES, startModelGraph, type GraphOptions } from '../node/tensorflow/model-graph.ts';
import { scalar } from '../node/tensorflow/ops/context.ts';
import type { GraphTensor } from '../node/tensorflow/graph-builder.ts';
import { GraphSession } from '../node/tensorflow/session.ts';
import { setVariables } from '../node/tensorflow/variables.ts';
import { weightValues } from '../model/weights.ts';
import type { PlainBatch, PlainModel } from './layer-cases.ts';

export interface GraphPass {
  readonly scores: Float32Array;
  readonly loss: number;
  readonly correct: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

const named = (kind: string, at: number): string => `${kind}-${at}`;

export interface GraphPassOptions extends GraphOptions {
  readonly seed: number;
  readonly step: number;
}

/** One training pass of a model as a TensorFlow graph, with its gradients. */
export function graphPass(tf: Tf, { model, weights }: PlainModel, batch: PlainBatch, { seed, step, ...options }: GraphPassOptions): GraphPass {
  const isOfIndices = batch.x instanceof Int32Array;
  const input = { shape: batch.xShape.slice(1), dtype: isOfIndices ? 'int32' : 'float32', normalise: { scale: 1, offset: 0 } } as const;
  const parts = startModelGraph(model, input, options);
  const { context, ops, y } = parts;
  const { builder, tape } = context;
  const stepNode = builder.placeholder(NODES.step, [], 'int32');
  tape.start();
  const pass = addForward(parts, model, { seed, step: stepNode });
  const loss = model.loss.mean(ops, pass.scores, y);
  const sources = model.trainable.map(({ fullName }) => pass.read.get(fullName) as GraphTensor);
  const gradients = tape.gradients(loss, sources, scalar(context, 1, 'float32'), ops.add);
  const outputs = [pass.scores, loss, model.loss.correct(ops, pass.scores, y), ...gradients.map((gradient, at) => gradient ?? ops.zerosLike(sources[at] as GraphTensor))];
  for (const [at, output] of outputs.entries()) builder.output(named('result', at), output);
  const session = new GraphSession(tf, builder);
  try {
    setVariables(session, builder.variables, ({ name, sides }) => weightValues(weights, name, sides));
    const feeds = [
      { name: NODES.x, sides: batch.xShape, values: batch.x },
      { name: NODES.y, sides: batch.yShape, values: batch.y },
      { name: NODES.step, sides: [], values: Int32Array.of(step) },
    ];
    const results = session.run(feeds, outputs.map((_, at) => named('result', at))) as Float32Array[];
    const [scores, [lossValue = NaN] = [], [correct = NaN] = [], ...slopes] = results as [Float32Array, ...Float32Array[]];
    return { scores, loss: lossValue, correct, gradients: new Map(model.trainable.map(({ fullName }, at) => [fullName, slopes[at] as Float32Array])) };
  } finally {
    session.dispose();
  }
}
