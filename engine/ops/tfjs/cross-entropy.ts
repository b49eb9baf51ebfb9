import type { Tensor1D, Tensor2D, Tf } from '../../backend.ts';

/**
 * −Σ target·ln softmax(scores) of each row, in nats. Its gradient, softmax·Σ target − target, is given in closed
 * form: cheaper than through the steps, and exact for extreme scores.
 */
export function denseCrossEntropy(tf: Tf, scores: Tensor2D, targets: Tensor2D): Tensor1D {
  const loss = tf.customGrad((input, save) => {
    const shifted = tf.sub(input as Tensor2D, tf.max(input as Tensor2D, 1, true));
    const logProbabilities = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
    (save as (tensors: unknown[]) => void)([logProbabilities, targets]);
    const value = tf.neg(tf.sum(tf.mul(logProbabilities, targets), 1)) as Tensor1D;
    const gradFunc = (dy: Tensor1D, [saved, target]: Tensor2D[]): Tensor2D => {
      const probabilities = tf.mul(tf.exp(saved as Tensor2D), tf.sum(target as Tensor2D, 1, true));
      return tf.mul(tf.sub(probabilities, target as Tensor2D), tf.expandDims(dy, 1));
    };
    return { value, gradFunc: gradFunc as never };
  });
  return loss(scores);
}

/** −ln softmax(scores)[label] of each row. */
export function sparseCrossEntropy(tf: Tf, scores: Tensor2D, labels: Tensor1D): Tensor1D {
  return denseCrossEntropy(tf, scores, tf.cast(tf.oneHot(labels, scores.shape[1]), 'float32') as Tensor2D);
}
