import type { Scalar, Tensor, Tf } from '../backend.ts';
import { forward } from '../model/model.ts';
import { valueAndGradients } from '../ops/tfjs/gradients.ts';
import { loadWeights, uniformLike } from '../ops/tfjs/run-model.ts';
import { tfjsOps } from '../ops/tfjs/tfjs-ops.ts';
import type { PlainBatch, PlainModel } from './layer-cases.ts';

export interface TfjsPass {
  readonly scores: Float32Array;
  readonly loss: number;
  readonly correct: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

function pass(tf: Tf, { model, weights }: PlainModel, batch: PlainBatch, { seed, step }: { readonly seed: number; readonly step: number }): TfjsPass {
  const ops = tfjsOps(tf);
  const x = tf.tensor(batch.x, [...batch.xShape]);
  const y = tf.tensor(batch.y, [...batch.yShape]);
  const loaded = loadWeights(tf, [...model.trainable, ...model.frozen], weights);
  let seen: Pick<TfjsPass, 'scores' | 'correct'> | undefined;
  const lossOf = (...values: Tensor[]): Scalar => {
    const byName = new Map(model.trainable.map(({ fullName }, at) => [fullName, values[at] as Tensor]));
    const scores = forward(model, x, {
      ops,
      training: true,
      weight: (name) => byName.get(name) ?? (loaded.get(name) as Tensor),
      updateWeight: () => {},
      uniform: (label, like) => uniformLike(tf, like, { seed, label, step }),
    });
    seen = { scores: scores.dataSync() as Float32Array, correct: model.loss.correct<Tensor>(ops, scores, y).dataSync()[0] as number };
    return model.loss.mean<Tensor>(ops, scores, y) as Scalar;
  };
  const { value, gradients: slopes } = valueAndGradients(tf, lossOf, model.trainable.map(({ fullName }) => loaded.get(fullName) as Tensor));
  const gradients = new Map(model.trainable.map(({ fullName }, at) => [fullName, (slopes[at] as Tensor).dataSync() as Float32Array]));
  return { ...(seen as Pick<TfjsPass, 'scores' | 'correct'>), loss: value.dataSync()[0] as number, gradients };
}

/** One training pass of a model on a TensorFlow.js backend, with its gradients. */
export function tfjsPass(tf: Tf, model: PlainModel, batch: PlainBatch, stream: { readonly seed: number; readonly step: number }): TfjsPass {
  return tf.tidy(() => pass(tf, model, batch, stream) as never);
}
