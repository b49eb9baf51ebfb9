import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor, Tf } from '../backend.ts';
import { tfjsOps } from '../ops/tfjs/tfjs-ops.ts';
import { plainTensorflow } from '../testing/tiny.ts';
import { createOptimizer, integerPower } from './optimizer.ts';

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
  const optimizer = createOptimizer({ optimizer: name, learningRate: rate });
  const ops = tfjsOps(tf);
  let weight: Tensor = tf.tensor1d([...start]);
  let slots: readonly Tensor[] = optimizer.slots.map(() => tf.zeros([start.length]));
  for (const [index, gradient] of gradients.entries()) {
    const controls = optimizer.controls(index + 1);
    expect(controls).toHaveLength(optimizer.controlCount);
    const change = { weight, gradient: tf.tensor1d([...gradient]), slots };
    ({ weight, slots } = optimizer.update(ops, change, controls.map((value) => tf.scalar(value))));
  }
  return [...weight.dataSync()];
}

it('powers of integers are those of the definition', () => {
  expect(integerPower(0.5, 0)).toBe(1);
  expect(integerPower(2, 31)).toBe(2 ** 31);
  expect(integerPower(0.999, 12_345)).toBeCloseTo(0.999 ** 12_345, 12);
});

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
