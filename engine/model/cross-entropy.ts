import type { Scalar, Tensor1D, Tensor2D, Tf } from '../backend.ts';

/**
 * Mean over the batch of −log softmax(scores)[label], in nats. Its gradient, (softmax − one-hot) / samples, is
 * given in closed form: cheaper than through the steps, and exact for extreme scores.
 */
export function meanCrossEntropy(tf: Tf, scores: Tensor2D, labels: Tensor1D): Scalar {
  const [samples, classes] = scores.shape;
  const target = tf.oneHot(labels, classes);
  const loss = tf.customGrad((input, save) => {
    const shifted = tf.sub(input as Tensor2D, tf.max(input as Tensor2D, 1, true));
    const logProbabilities = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
    (save as (tensors: unknown[]) => void)([logProbabilities, target]);
    const value = tf.neg(tf.div(tf.sum(tf.mul(logProbabilities, target)), samples)) as Scalar;
    const gradFunc = (dy: Scalar, [saved, oneHot]: Tensor2D[]): Tensor2D => tf.mul(tf.sub(tf.exp(saved as Tensor2D), oneHot as Tensor2D), tf.div(dy, samples));
    return { value, gradFunc: gradFunc as never };
  });
  return loss(scores);
}

/** How many samples get their highest score at their label. */
export function countCorrect(tf: Tf, scores: Tensor2D, labels: Tensor1D): Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(scores, 1), labels), 'int32'));
}
