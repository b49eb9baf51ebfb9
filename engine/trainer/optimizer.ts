import { constantsOf, type OptimizerConstants, type OptimizerName } from '#core/graph/optimizers';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import { learningRateAt } from '#core/graph/schedule';
import type { Ops } from '../ops/ops.ts';

/** One weight at one step: all have its shape. */
export interface Change<T> {
  readonly weight: T;
  readonly gradient: T;
  /** In the order of `slots`. */
  readonly slots: readonly T[];
}

export interface Moved<T> {
  readonly weight: T;
  readonly slots: readonly T[];
}

/**
 * How weights move. Slots have the shape of their weight and start at zero. What changes from step to step (rates,
 * corrections) is worked out on the host in double precision and comes to `update` as scalars, so that schedules are
 * written once and a resumed run needs no more than its step.
 */
export interface Optimizer {
  /** A backend may have an operation of its own for it. */
  readonly name: OptimizerName;
  readonly constants: OptimizerConstants;
  readonly slots: readonly string[];
  /** How many numbers `controls` gives. */
  readonly controlCount: number;
  /** The rate of step number `step` (from 1); and with weight decay, the share of each weight that it takes off first. */
  controls(step: number): readonly number[];
  /** The whole step: decay, then the optimizer's formula (core/graph/optimizers.ts). */
  update<T>(ops: Ops<T>, change: Change<T>, controls: readonly T[]): Moved<T>;
}

/** base^exponent by repeated squaring: the same bits on every machine, which Math.pow does not promise. */
export function integerPower(base: number, exponent: number): number {
  let result = 1;
  for (let left = exponent, factor = base; left > 0; left = Math.floor(left / 2), factor *= factor) {
    if (left % 2 === 1) result *= factor;
  }
  return result;
}

interface Rule {
  readonly slots: readonly string[];
  /** What the learning rate of a step is multiplied by; 1 where left out. */
  correction?(constants: OptimizerConstants, step: number): number;
  move<T>(ops: Ops<T>, change: Change<T>, rate: T, constants: OptimizerConstants): Moved<T>;
}

const sgd: Rule = {
  slots: [],
  move: (ops, { weight, gradient }, rate) => ({ weight: ops.sub(weight, ops.mul(gradient, rate)), slots: [] }),
};

/** a = momentum·a − r·g */
function accelerated<T>(ops: Ops<T>, { gradient, slots: [before] }: Change<T>, rate: T, momentum: number): { readonly push: T; readonly next: T } {
  const push = ops.mul(gradient, rate);
  return { push, next: ops.sub(ops.scale(before as T, momentum), push) };
}

const momentum: Rule = {
  slots: ['momentum.a'],
  move(ops, change, rate, constants) {
    const { next } = accelerated(ops, change, rate, constants.momentum);
    return { weight: ops.add(change.weight, next), slots: [next] };
  },
};

const nesterov: Rule = {
  slots: ['momentum.a'],
  move(ops, change, rate, constants) {
    const { push, next } = accelerated(ops, change, rate, constants.momentum);
    return { weight: ops.add(change.weight, ops.sub(ops.scale(next, constants.momentum), push)), slots: [next] };
  },
};

const rmsprop: Rule = {
  slots: ['rmsprop.s', 'rmsprop.a'],
  move(ops, { weight, gradient, slots: [s, a] }, rate, constants) {
    const nextS = ops.add(s as typeof weight, ops.scale(ops.sub(ops.square(gradient), s as typeof weight), 1 - constants.rho));
    const push = ops.mul(ops.mul(gradient, rate), ops.rsqrt(ops.shift(nextS, constants.epsilon)));
    const nextA = ops.add(ops.scale(a as typeof weight, constants.momentum), push);
    return { weight: ops.sub(weight, nextA), slots: [nextS, nextA] };
  },
};

const adam: Rule = {
  slots: ['adam.m', 'adam.v'],
  correction: ({ beta1, beta2 }, step) => Math.sqrt(1 - integerPower(beta2, step)) / (1 - integerPower(beta1, step)),
  move(ops, { weight, gradient, slots: [m, v] }, rate, { beta1, beta2, epsilon }) {
    const nextM = ops.add(m as typeof weight, ops.scale(ops.sub(gradient, m as typeof weight), 1 - beta1));
    const nextV = ops.add(v as typeof weight, ops.scale(ops.sub(ops.square(gradient), v as typeof weight), 1 - beta2));
    const change = ops.div(ops.mul(nextM, rate), ops.shift(ops.sqrt(nextV), epsilon));
    return { weight: ops.sub(weight, change), slots: [nextM, nextV] };
  },
};

const RULES: { readonly [Name in OptimizerName]: Rule } = { sgd, momentum, nesterov, rmsprop, adam, adamw: adam };

type Plan = Pick<HyperParameters, 'optimizer' | 'learningRate'> & Partial<HyperParameters>;

/** `steps`: of the whole run. @throws TypeError where they are not given and the schedule ends with them. */
export function createOptimizer(plan: Plan, steps?: number): Optimizer {
  const kind = plan.schedule?.kind;
  if (steps === undefined && (kind === 'cosine' || kind === 'oneCycle')) throw new TypeError(`the schedule ${kind} needs the number of steps`);
  const constants = constantsOf(plan.optimizer, plan);
  const { slots, correction, move } = RULES[plan.optimizer];
  const decays = constants.weightDecay > 0;
  return {
    name: plan.optimizer,
    constants,
    slots,
    controlCount: decays ? 2 : 1,
    controls(step) {
      const rate = learningRateAt(plan, step, steps ?? step);
      const corrected = rate * (correction?.(constants, step) ?? 1);
      return decays ? [corrected, rate * constants.weightDecay] : [corrected];
    },
    update(ops, change, [rate, decay]) {
      if (rate === undefined) throw new TypeError('an optimizer needs its rate');
      const weight = decay === undefined ? change.weight : ops.sub(change.weight, ops.mul(change.weight, decay));
      return move(ops, { ...change, weight }, rate, constants);
    },
  };
}
