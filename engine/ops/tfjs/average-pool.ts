import type { Tensor, Tensor4D, Tf } from '../../backend.ts';
import type { Window } from '../ops.ts';

interface Side {
  readonly before: number;
  readonly after: number;
  /** How many values inside the image each window sees. */
  readonly seen: readonly number[];
}

/** Padding "same" along one side: what does not divide evenly goes behind. */
function sameSide(input: number, window: number, stride: number): Side {
  const out = Math.ceil(input / stride);
  const padding = Math.max(0, (out - 1) * stride + window - input);
  const before = Math.floor(padding / 2);
  const seen = Array.from({ length: out }, (_, at) => {
    const from = at * stride - before;
    return Math.min(input, from + window) - Math.max(0, from);
  });
  return { before, after: padding - before, seen };
}

/**
 * Means of windows. With padding, the gradient of TensorFlow.js's plain and WebGL backends takes every window for a full
 * one, so the padding is done here and each mean is scaled up to what its window sees.
 */
export function averagePool(tf: Tf, x: Tensor, { size, strides, padding }: Window): Tensor {
  const pooled = (image: Tensor): Tensor => tf.avgPool(image as Tensor4D, [...size], [...strides], 'valid');
  if (padding === 'valid') return pooled(x);
  const [, height = 1, width = 1] = x.shape;
  const rows = sameSide(height, size[0], strides[0]);
  const columns = sameSide(width, size[1], strides[1]);
  const padded = tf.pad(x, [[0, 0], [rows.before, rows.after], [columns.before, columns.after], [0, 0]]);
  const scale = rows.seen.flatMap((down) => columns.seen.map((across) => (size[0] * size[1]) / (down * across)));
  return tf.mul(pooled(padded), tf.tensor(scale, [1, rows.seen.length, columns.seen.length, 1]));
}
