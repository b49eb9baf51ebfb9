import * as tfjs from '@tensorflow/tfjs';
import type { Tensor, Tf } from '#engine/backend';
import { forward } from '#engine/model/model';
import { inputTensor, loadWeights } from '#engine/ops/tfjs/run-model';
import { tfjsBackend } from '#engine/ops/tfjs/backend';
import { tfjsOps } from '#engine/ops/tfjs/tfjs-ops';
import type { Backend, EvaluatorSetup } from '#engine/trainer/stepper';
import type { Batch } from '#engine/data/batches';

/** One of the engine's backends, and its way to the scores of a batch in inference mode. */
export interface Side {
  readonly backend: Backend;
  /**
   * To be called before the side is used. All of TensorFlow.js in a process shares one current backend, so each side
   * makes its own the current one; nothing may be awaited in between.
   */
  activate(): void;
  scores(setup: EvaluatorSetup, batch: Batch): Float32Array;
}

function notInTraining(): never {
  throw new TypeError('only a training pass has random numbers and new weights');
}

/** Backends that are ready take over at once: the promise has nothing left to wait for. */
export function useBackend(tf: Tf, name: string): void {
  if (tf.getBackend() !== name) void tf.setBackend(name);
  if (tf.getBackend() !== name) throw new Error(`TensorFlow.js did not change to its backend "${name}"`);
}

/** The plain JavaScript backend: no line of it is shared with native TensorFlow. */
export async function tfjsSide(): Promise<Side> {
  const tf = tfjs;
  await tf.setBackend('cpu');
  return {
    backend: tfjsBackend(tf),
    activate: () => useBackend(tf, 'cpu'),
    scores({ model, input, weights }, batch) {
      return tf.tidy(() => {
        const tensors = loadWeights(tf, [...model.trainable, ...model.frozen], weights);
        const weight = (name: string): Tensor => tensors.get(name)!;
        const call = { ops: tfjsOps(tf), training: false, weight, updateWeight: notInTraining, uniform: notInTraining };
        return forward<Tensor>(model, inputTensor(tf, batch, input), call).dataSync() as never;
      }) as Float32Array;
    },
  };
}
