import type { Scalar, Tensor, Tf } from '../../backend.ts';

/**
 * A loss and its gradient by each of `xs`. What the loss does not depend on (the recurrent weights of a sequence of one step)
 * has a gradient of zeros, where `tf.valueAndGrads` throws.
 */
export function valueAndGradients(tf: Tf, lossOf: (...xs: Tensor[]) => Scalar, xs: readonly Tensor[]): { readonly value: Scalar; readonly gradients: readonly Tensor[] } {
  return tf.tidy(() => {
    const { value, grads } = tf.engine().gradients(() => lossOf(...xs), [...xs], undefined, true);
    const gradients = xs.map((x, at) => grads[at] ?? tf.zerosLike(x));
    return { value, gradients } as never;
  });
}
