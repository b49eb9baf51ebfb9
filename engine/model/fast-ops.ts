import type { Tensor, Tf } from '../backend.ts';

/** max(x, 0). */
export function fastRelu(tf: Tf, x: Tensor): Tensor {
  return tf.relu(x);
}
