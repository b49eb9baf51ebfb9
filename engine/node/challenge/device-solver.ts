import { blockNumbers, factorMatrix, nonceVectors, productScale, startMatrix } from '#core/hardware/challenge/maths';
import type { ChallengeTask } from '#core/hardware/challenge/task';
import type { Tensor, Tensor2D, Tf } from '../../backend.ts';

const STEPS = 4096;

/** The products of one challenge in the device's memory. See core/hardware/challenge/maths.ts. */
export interface DeviceBlocks {
  answer(nonce: string): Float32Array;
}

/** Loads the device's libraries, so that the time of the first product is not counted as the device's. */
export function warmUp(tf: Tf): void {
  tf.tidy(() => tf.matMul(tf.sin(tf.ones([64, 64])), tf.ones([64, 64])).sum().dataSync());
}

/** Blocks this process until all products are made. */
export function fillDevice(tf: Tf, task: ChallengeTask): DeviceBlocks {
  const { seed, side, depth, rowsPerGroup } = task;
  const shape: [number, number] = [side, side];
  const start = tf.tensor2d(startMatrix(task), shape);
  const factor = tf.tidy(() => tf.mul<Tensor2D>(tf.tensor2d(factorMatrix(task), shape), productScale(side)));
  const blocks = Array.from({ length: task.blocks }, (_, block) => tf.tidy(() => product(tf, { start, factor, depth, ...blockNumbers(seed, block) })));
  tf.dispose([start, factor]);
  // A GPU is told what to do and works later: what comes last is read back, so all before it is done.
  tf.tidy(() => tf.slice(blocks.at(-1)!, [0, 0], [1, 1]).dataSync());
  return {
    answer: (nonce) =>
      tf.tidy(() => {
        const vectors = nonceVectors(nonce, side);
        const [x, y] = [tf.tensor2d(vectors.x, [side, 1]), tf.tensor2d(vectors.y, [side, 1])];
        const groups = blocks.map((block) => tf.tidy(() => tf.sum(tf.reshape(tf.mul(tf.matMul(tf.abs(block), x), y), [side / rowsPerGroup, rowsPerGroup]), 1)));
        return Float32Array.from(tf.concat(groups).dataSync());
      }),
  };
}

interface Chain {
  readonly start: Tensor2D;
  readonly factor: Tensor2D;
  readonly depth: number;
  readonly s: number;
  readonly t: number;
}

function product(tf: Tf, { start, factor, depth, s, t }: Chain): Tensor2D {
  // Whole numbers below 2²⁴ until here: exact in float32.
  const moved = tf.add(tf.mul(start, s), t);
  const wrapped = tf.sub(moved, tf.mul(tf.floor(tf.mul(moved, 1 / STEPS)), STEPS));
  let value: Tensor = tf.sub(tf.mul(wrapped, 2 / STEPS), 1);
  for (let at = 1; at < depth; at++) value = tf.tidy(() => tf.sin(tf.matMul(value as Tensor2D, factor)));
  return tf.matMul(value, factor);
}
