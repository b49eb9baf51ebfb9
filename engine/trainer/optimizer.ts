import type { HyperParameters } from '#core/graph/hyper-parameters';
import type { Ops } from '../ops/ops.ts';

/** One weight at one step: all three have its shape. */
export interface Change<T> {
  readonly weight: T;
  readonly gradient: T;
  /** In the order of `slots`. */
  readonly slots: readonly T[];
}

/**
 * How weights move. Slots have the shape of their weight and start at zero. What changes from step to step (rates,
 * corrections) is worked out on the host in double precision and comes to `update` as scalars, so that schedules are
 * written once and a resumed run needs no more than its step.
 */
export interface Optimizer {
  /** A backend may have an operation of its own for it. */
  readonly name: string;
  readonly slots: readonly string[];
  /** How many numbers `controls` gives. */
  readonly controlCount: number;
  /** `step` counts from 1. */
  controls(step: number): readonly number[];
  update<T>(ops: Ops<T>, change: Change<T>, controls: readonly T[]): { readonly weight: T; readonly slots: readonly T[] };
}

/** Adam's decay rates and the term that keeps it from dividing by zero (Kingma and Ba 2015, algorithm 1). */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** base^exponent by repeated squaring: the same bits on every machine, which Math.pow does not promise. */
export function integerPower(base: number, exponent: number): number {
  let result = 1;
  for (let left = exponent, factor = base; left > 0; left = Math.floor(left / 2), factor *= factor) {
    if (left % 2 === 1) result *= factor;
  }
  return result;
}

function sgd(learningRate: number): Optimizer {
  return {
    name: 'sgd',
    slots: [],
    controlCount: 1,
    controls: () => [learningRate],
    update: (ops, { weight, gradient }, [rate]) => ({ weight: ops.sub(weight, ops.mul(gradient, rate as typeof weight)), slots: [] }),
  };
}

/** With the bias corrections folded into the step size: lr·sqrt(1 − β2^t)/(1 − β1^t). */
function adam(learningRate: number): Optimizer {
  const { beta1, beta2, epsilon } = ADAM;
  return {
    name: 'adam',
    slots: ['adam.m', 'adam.v'],
    controlCount: 1,
    controls: (step) => [(learningRate * Math.sqrt(1 - integerPower(beta2, step))) / (1 - integerPower(beta1, step))],
    update(ops, { weight, gradient, slots: [m, v] }, [rate]) {
      if (m === undefined || v === undefined || rate === undefined) throw new TypeError('Adam needs two slots and a rate');
      const nextM = ops.add(m, ops.scale(ops.sub(gradient, m), 1 - beta1));
      const nextV = ops.add(v, ops.scale(ops.sub(ops.square(gradient), v), 1 - beta2));
      const change = ops.div(ops.mul(nextM, rate), ops.shift(ops.sqrt(nextV), epsilon));
      return { weight: ops.sub(weight, change), slots: [nextM, nextV] };
    },
  };
}

export function createOptimizer({ optimizer, learningRate }: Pick<HyperParameters, 'optimizer' | 'learningRate'>): Optimizer {
  return optimizer === 'adam' ? adam(learningRate) : sgd(learningRate);
}
