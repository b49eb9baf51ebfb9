import type { OptimizerName } from '#core/graph/hyper-parameters';
import type { Tensor1D, Tf } from '../backend.ts';

/** Adam's decay rates and the term that keeps it from dividing by zero (Kingma and Ba 2015, algorithm 1). */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/**
 * An optimizer over all trainable values as one vector: few large operations instead of many small ones, which is
 * what counts where every operation is a call. Its slots are vectors of the same length.
 */
export interface Optimizer {
  /** Names of its slots, in the order in which `update` takes and gives them. */
  readonly slots: readonly string[];
  /** The next vector and slots; `step` counts from 1. To be called inside a tidy. */
  update(vector: Tensor1D, gradient: Tensor1D, slots: readonly Tensor1D[], step: number): readonly Tensor1D[];
}

function sgd(tf: Tf, learningRate: number): Optimizer {
  return {
    slots: [],
    update: (vector, gradient) => [tf.sub(vector, tf.mul(gradient, learningRate))],
  };
}

/** With the bias corrections folded into the step size: lr·sqrt(1 − β2^t)/(1 − β1^t). */
function adam(tf: Tf, learningRate: number): Optimizer {
  return {
    slots: ['adam.m', 'adam.v'],
    update(vector, gradient, [m, v], step) {
      if (m === undefined || v === undefined) throw new TypeError('Adam needs two slots');
      const rate = (learningRate * Math.sqrt(1 - BETA_2 ** step)) / (1 - BETA_1 ** step);
      const nextM = tf.add<Tensor1D>(tf.mul(m, BETA_1), tf.mul(gradient, 1 - BETA_1));
      const nextV = tf.add<Tensor1D>(tf.mul(v, BETA_2), tf.mul(tf.square(gradient), 1 - BETA_2));
      const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), EPSILON));
      return [tf.sub<Tensor1D>(vector, change), nextM, nextV];
    },
  };
}

export function createOptimizer(tf: Tf, name: OptimizerName, learningRate: number): Optimizer {
  return name === 'adam' ? adam(tf, learningRate) : sgd(tf, learningRate);
}
