import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor1D, Tf } from '../backend.ts';
import { plainTensorflow } from '../testing/tiny.ts';
import { createOptimizer } from './optimizer.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await plainTensorflow();
});

/** Adam as the paper writes it, for one value; the engine folds the corrections into the step size. */
function adamByTheBook(start: number, gradients: readonly number[], rate: number): number {
  let [value, m, v] = [start, 0, 0];
  for (const [index, gradient] of gradients.entries()) {
    const step = index + 1;
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient ** 2;
    value -= (rate * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-7);
  }
  return value;
}

function run(name: 'sgd' | 'adam', start: readonly number[], gradients: readonly (readonly number[])[], rate: number): number[] {
  const optimizer = createOptimizer(tf, name, rate);
  let vector: Tensor1D = tf.tensor1d([...start]);
  let slots: readonly Tensor1D[] = optimizer.slots.map(() => tf.zeros([start.length]));
  for (const [index, gradient] of gradients.entries()) {
    const [next, ...rest] = optimizer.update(vector, tf.tensor1d([...gradient]), slots, index + 1);
    vector = next as Tensor1D;
    slots = rest;
  }
  return [...vector.dataSync()];
}

describe('optimizers', () => {
  const gradients = [[1, -0.5], [0.5, 0.25], [-2, 0], [0.1, 3], [0.01, -3]];

  it('sgd goes down the gradient', () => {
    const [a, b] = run('sgd', [1, 2], gradients, 0.1);
    expect(a).toBeCloseTo(1 - 0.1 * (1 + 0.5 - 2 + 0.1 + 0.01), 6);
    expect(b).toBeCloseTo(2 - 0.1 * (-0.5 + 0.25 + 3 - 3), 6);
  });

  it('adam goes as the paper says', () => {
    const [a, b] = run('adam', [1, 2], gradients, 0.01);
    expect(a).toBeCloseTo(adamByTheBook(1, gradients.map(([first]) => first as number), 0.01), 5);
    expect(b).toBeCloseTo(adamByTheBook(2, gradients.map(([, second]) => second as number), 0.01), 5);
  });
});
