import { beforeAll, describe, expect, it } from 'vitest';
import { hyperParametersSchema, type HyperParameters } from '#core/graph/hyper-parameters';
import { OPTIMIZERS } from '#core/graph/optimizers';
import type { Tensor, Tf } from '../backend.ts';
import { tfjsOps } from '../ops/tfjs/tfjs-ops.ts';
import { plainTensorflow } from '../testing/tiny.ts';
import { createOptimizer, integerPower } from './optimizer.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await plainTensorflow();
});

const STEPS = 5;
const GRADIENTS = [[1, -0.5], [0.5, 0.25], [-2, 0], [0.1, 3], [0.01, -3]] as const;
const START = [1, 2] as const;

function plan(values: object): HyperParameters {
  return hyperParametersSchema.parse({ epochs: 1, batchSize: 1, learningRate: 0.05, ...values });
}

function run(values: HyperParameters): number[] {
  const optimizer = createOptimizer(values, STEPS);
  const ops = tfjsOps(tf);
  let weight: Tensor = tf.tensor1d([...START]);
  let slots: readonly Tensor[] = optimizer.slots.map(() => tf.zeros([START.length]));
  for (const [index, gradient] of GRADIENTS.entries()) {
    const controls = optimizer.controls(index + 1);
    expect(controls).toHaveLength(optimizer.controlCount);
    const change = { weight, gradient: tf.tensor1d([...gradient]), slots };
    ({ weight, slots } = optimizer.update(ops, change, controls.map((value) => tf.scalar(value))));
  }
  return [...weight.dataSync()];
}

type ByTheBook = (rate: number, gradients: readonly number[], start: number) => number;

/** Adam as the paper writes it, for one value; the engine folds the corrections into the step size. */
const adam: ByTheBook = (rate, gradients, start) => {
  let [value, m, v] = [start, 0, 0];
  for (const [index, gradient] of gradients.entries()) {
    const step = index + 1;
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient ** 2;
    value -= (rate * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-7);
  }
  return value;
};

const heavyBall = (looksAhead: boolean): ByTheBook => (rate, gradients, start) => {
  let [value, a] = [start, 0];
  for (const gradient of gradients) {
    a = 0.9 * a - rate * gradient;
    value += looksAhead ? 0.9 * a - rate * gradient : a;
  }
  return value;
};

const rmsprop: ByTheBook = (rate, gradients, start) => {
  let [value, s] = [start, 0];
  for (const gradient of gradients) {
    s = 0.9 * s + 0.1 * gradient ** 2;
    value -= (rate * gradient) / Math.sqrt(s + 1e-7);
  }
  return value;
};

const BOOKS: readonly (readonly [string, ByTheBook])[] = [
  ['sgd', (rate, gradients, start) => gradients.reduce((value, gradient) => value - rate * gradient, start)],
  ['momentum', heavyBall(false)],
  ['nesterov', heavyBall(true)],
  ['rmsprop', rmsprop],
  ['adam', adam],
];

it('powers of integers are those of the definition', () => {
  expect(integerPower(0.5, 0)).toBe(1);
  expect(integerPower(2, 31)).toBe(2 ** 31);
  expect(integerPower(0.999, 12_345)).toBeCloseTo(0.999 ** 12_345, 12);
});

describe('optimizers', () => {
  it.each(BOOKS)('%s goes by the book', (optimizer, book) => {
    const values = run(plan({ optimizer }));
    for (const [place, start] of START.entries()) {
      const expected = book(0.05, GRADIENTS.map((gradient) => gradient[place] as number), start);
      expect(values[place]).toBeCloseTo(expected, 5);
    }
  });

  it('weights shrink by rate and decay before each step, AdamW\'s by default', () => {
    const byHand = GRADIENTS.reduce((value, [gradient]) => value * (1 - 0.05 * 0.1) - 0.05 * gradient, 1);
    expect(run(plan({ optimizer: 'sgd', weightDecay: 0.1 }))[0]).toBeCloseTo(byHand, 6);
    expect(run(plan({ optimizer: 'adamw' }))).toEqual(run(plan({ optimizer: 'adam', weightDecay: 0.004 })));
    expect(run(plan({ optimizer: 'adamw', weightDecay: 0 }))).toEqual(run(plan({ optimizer: 'adam' })));
  });

  it('the rate follows its schedule', () => {
    const schedule = { kind: 'step', everySteps: 2, factor: 0.5 };
    const byHand = GRADIENTS.reduce((value, [gradient], index) => value - 0.05 * 0.5 ** Math.floor(index / 2) * gradient, 1);
    expect(run(plan({ optimizer: 'sgd', schedule }))[0]).toBeCloseTo(byHand, 6);
  });

  it('constants are those that were chosen', () => {
    for (const optimizer of OPTIMIZERS) expect(run(plan({ optimizer }))).toEqual(run(plan({ optimizer })));
    expect(run(plan({ optimizer: 'momentum', momentum: 0 }))).toEqual(run(plan({ optimizer: 'sgd' })));
    expect(run(plan({ optimizer: 'adam', beta1: 0.5 }))).not.toEqual(run(plan({ optimizer: 'adam' })));
    expect(run(plan({ optimizer: 'rmsprop', momentum: 0.9 }))).not.toEqual(run(plan({ optimizer: 'rmsprop' })));
  });
});
