import { beforeAll, describe, expect, it } from 'vitest';
import type { Scalar, Tensor, Tf } from '../backend.ts';
import { randomStream } from '../data/random.ts';
import { forward } from '../model/model.ts';
import { loadWeights } from '../ops/tfjs/run-model.ts';
import { tfjsOps } from '../ops/tfjs/tfjs-ops.ts';
import { differences, doublePass, worstShare, type Uniform } from '../testing/double/differences.ts';
import { LAYER_CASES, LOSS_CASES, plainBatch, plainModel, type PlainBatch, type PlainModel } from '../testing/layer-cases.ts';
import { plainTensorflow } from '../testing/tiny.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await plainTensorflow();
});

const SAMPLES = 3;

const uniform: Uniform = (label, count) => {
  const random = randomStream(7, label);
  return Array.from({ length: count }, () => random.nextUniform());
};

interface TfjsPass {
  readonly scores: Float32Array;
  readonly correct: number;
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

function tfjsPass({ model, weights }: PlainModel, batch: PlainBatch): TfjsPass {
  const ops = tfjsOps(tf);
  const x = tf.tensor(batch.x, [...batch.xShape]);
  const y = tf.tensor(batch.y, [...batch.yShape]);
  const loaded = loadWeights(tf, [...model.trainable, ...model.frozen], weights);
  let seen: { scores: Float32Array; correct: number } | undefined;
  const lossOf = (...values: Tensor[]): Scalar => {
    const byName = new Map(model.trainable.map(({ fullName }, at) => [fullName, values[at] as Tensor]));
    const scores = forward(model, x, {
      ops,
      training: true,
      weight: (name) => byName.get(name) ?? (loaded.get(name) as Tensor),
      updateWeight: () => {},
      uniform: (label, like) => tf.tensor(Float32Array.from(uniform(label, like.size)), like.shape),
    });
    seen = { scores: scores.dataSync() as Float32Array, correct: model.loss.correct<Tensor>(ops, scores, y).dataSync()[0] as number };
    return model.loss.mean<Tensor>(ops, scores, y) as Scalar;
  };
  const { value, grads } = tf.valueAndGrads(lossOf)(model.trainable.map(({ fullName }) => loaded.get(fullName) as Tensor));
  const gradients = new Map(model.trainable.map(({ fullName }, at) => [fullName, (grads[at] as Tensor).dataSync() as Float32Array]));
  return { ...(seen as { scores: Float32Array; correct: number }), loss: value.dataSync()[0] as number, gradients };
}

describe.each(LAYER_CASES)('$name on TensorFlow.js', ({ graph }) => {
  it.each(LOSS_CASES)('has the loss and the gradients of its definition: %o', (output) => {
    const model = plainModel(graph(output));
    const batch = plainBatch(model.model.graph, SAMPLES);
    const ours = tf.tidy(() => tfjsPass(model, batch) as never) as TfjsPass;
    const exact = doublePass(model, batch, { training: true, uniform });
    exact.scores.forEach((score, at) => expect(Math.abs((ours.scores[at] as number) - score)).toBeLessThan(1e-5 * Math.max(1, Math.abs(score))));
    expect(ours.loss).toBeCloseTo(exact.loss, 5);
    expect(ours.correct).toBe(exact.correct);
    const worst = worstShare(differences(model, batch, uniform), ours.gradients);
    expect(worst.share, worst.weight).toBeLessThan(1e-4);
  });
});
