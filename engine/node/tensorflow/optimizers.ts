import type { OptimizerName } from '#core/graph/optimizers';
import type { Ops } from '../../ops/ops.ts';
import type { Optimizer } from '../../trainer/optimizer.ts';
import { attr, type GraphTensor, type GraphVariable } from './graph-builder.ts';
import { binary, scalar, type GraphContext } from './ops/context.ts';

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

/** An operation of TensorFlow's that reads and writes every value once, with the inputs between the weight and the end. */
interface Fused {
  readonly op: string;
  readonly inputs: readonly GraphTensor[];
  readonly nesterov?: boolean;
}

/** The operations' formulas are those of core/graph/optimizers.ts. */
function fusedOf({ context, optimizer, gradient, slots, controls }: Application): Fused {
  const value = (number: number): GraphTensor => scalar(context, number, 'float32');
  const [rate] = controls as [GraphTensor];
  const handles = slots.map(({ handle }) => handle);
  const { momentum, rho, beta1, beta2, epsilon } = optimizer.constants;
  const adam = (): Fused => {
    // Takes lr·sqrt(1 − β2^t)/(1 − β1^t) ready-made: with 0 for both powers its own correction is 1.
    return { op: 'ResourceApplyAdam', inputs: [...handles, value(0), value(0), rate, value(beta1), value(beta2), value(epsilon), gradient], nesterov: false };
  };
  const keras = (nesterov: boolean): Fused => ({ op: 'ResourceApplyKerasMomentum', inputs: [...handles, rate, gradient, value(momentum)], nesterov });
  const table: { readonly [Name in OptimizerName]: () => Fused } = {
    sgd: () => ({ op: 'ResourceApplyGradientDescent', inputs: [rate, gradient] }),
    momentum: () => keras(false),
    nesterov: () => keras(true),
    rmsprop: () => ({ op: 'ResourceApplyRMSProp', inputs: [...handles, rate, value(rho), value(momentum), value(epsilon), gradient] }),
    adam,
    adamw: adam,
  };
  return table[optimizer.name]();
}

/** Takes the decay's share off the weight, from what the pass read: gives the node that has to run before the step. */
function decayed({ context, weight, controls, after }: Application): readonly GraphTensor[] {
  const [, decay] = controls;
  if (decay === undefined) return after;
  const { handle, dtype } = weight.variable;
  const inputs = [handle, binary(context, 'Mul', weight.value, decay)];
  return context.builder.add({ op: 'AssignSubVariableOp', inputs, attrs: { dtype: attr.type(dtype) }, outputs: [{ sides: [], dtype }], after });
}

/** Appends one weight's step; gives the node that has to run. */
export function applyOptimizer(application: Application): GraphTensor[] {
  const { context, weight } = application;
  const { op, inputs, nesterov } = fusedOf(application);
  const attrs = { T: attr.type('float32'), use_locking: attr.bool(false), ...(nesterov === undefined ? {} : { use_nesterov: attr.bool(nesterov) }) };
  return context.builder.add({ op, inputs: [weight.variable.handle, ...inputs], attrs, outputs: [{ sides: [], dtype: 'float32' }], after: decayed(application) });
}
