import type { Ops } from '../../ops/ops.ts';
import { ADAM, type Optimizer } from '../../trainer/optimizer.ts';
import { attr, type GraphTensor, type GraphVariable } from './graph-builder.ts';
import { scalar, type GraphContext } from './ops/context.ts';

export interface Application {
  readonly context: GraphContext;
  readonly ops: Ops<GraphTensor>;
  readonly optimizer: Optimizer;
  readonly weight: { readonly variable: GraphVariable; readonly value: GraphTensor };
  readonly gradient: GraphTensor;
  readonly slots: readonly GraphVariable[];
  /** Scalars, as the optimizer's `controls` gives them. */
  readonly controls: readonly GraphTensor[];
  readonly after: readonly GraphTensor[];
}

const FUSED_ATTRS = { T: attr.type('float32'), use_locking: attr.bool(false) };

/** Optimizers that TensorFlow has as one operation, which reads and writes every value once. */
const FUSED: { readonly [name: string]: (application: Application) => GraphTensor[] } = {
  sgd({ context, weight, gradient, controls, after }) {
    const inputs = [weight.variable.handle, controls[0] as GraphTensor, gradient];
    return context.builder.add({ op: 'ResourceApplyGradientDescent', inputs, attrs: FUSED_ATTRS, outputs: [{ sides: [], dtype: 'float32' }], after });
  },
  /** Takes lr·sqrt(1 − β2^t)/(1 − β1^t) ready-made: with 0 for both powers its own correction is 1. */
  adam({ context, weight, gradient, slots, controls, after }) {
    const value = (number: number): GraphTensor => scalar(context, number, 'float32');
    const constants = [value(ADAM.beta1), value(ADAM.beta2), value(ADAM.epsilon)];
    const inputs = [weight.variable.handle, ...slots.map(({ handle }) => handle), value(0), value(0), controls[0] as GraphTensor, ...constants, gradient];
    const attrs = { ...FUSED_ATTRS, use_nesterov: attr.bool(false) };
    return context.builder.add({ op: 'ResourceApplyAdam', inputs, attrs, outputs: [{ sides: [], dtype: 'float32' }], after });
  },
};

/** Appends one weight's step; gives the nodes that have to run. */
export function applyOptimizer(application: Application): GraphTensor[] {
  const { context, ops, optimizer, weight, gradient, slots, controls, after } = application;
  const fused = FUSED[optimizer.name];
  if (fused !== undefined) return fused(application);
  const change = { weight: weight.value, gradient, slots: slots.map((slot) => context.builder.read(slot)) };
  const moved = optimizer.update(ops, change, controls);
  const variables = [weight.variable, ...slots];
  return [moved.weight, ...moved.slots].map((value, at) => context.builder.assign(variables[at] as GraphVariable, value, after));
}
