import { beforeAll, describe, expect, it } from 'vitest';
import type { Tf } from '../../backend.ts';
import { plainTensorflow } from '../../testing/tiny.ts';
import { inputTensor, uniformLike } from './run-model.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await plainTensorflow();
});

describe('a batch on the device', () => {
  const y = new Int32Array(2);
  const bytes = Uint8Array.from([0, 51, 255, 7]);

  it('is normalised, bytes as floats', () => {
    const format = { shape: [2], normalise: { scale: 1 / 51, offset: -1 } };
    const tensors = [
      inputTensor(tf, { samples: 2, x: bytes, y }, { ...format, dtype: 'uint8' }),
      inputTensor(tf, { samples: 2, x: Float32Array.from(bytes), y }, { ...format, dtype: 'float32' }),
    ];
    for (const tensor of tensors) {
      expect(tensor.shape).toEqual([2, 2]);
      expect([...tensor.dataSync()].slice(0, 3)).toEqual([-1, 0, 4]);
    }
    expect(tensors[0]?.dataSync()).toEqual(tensors[1]?.dataSync());
  });
});

describe('random numbers of a layer', () => {
  it('have the shape asked for and differ by seed, label and step', () => {
    const like = tf.zeros([3, 4]);
    const draw = (seed: number, label: string, step: number): string => {
      const drawn = uniformLike(tf, like, { seed, label, step });
      expect(drawn.shape).toEqual([3, 4]);
      return drawn.dataSync().join();
    };
    const draws = [draw(1, 'a', 1), draw(1, 'a', 1), draw(2, 'a', 1), draw(1, 'b', 1), draw(1, 'a', 2)];
    expect(draws[1]).toBe(draws[0]);
    expect(new Set(draws).size).toBe(4);
  });
});
