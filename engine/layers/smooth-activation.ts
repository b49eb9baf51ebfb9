import type { NodeOf } from '#core/graph/schema';
import type { Ops } from '../ops/ops.ts';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';

/** 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) */
function approximateGelu<T>(ops: Ops<T>, x: T): T {
  const cubed = ops.mul(ops.square(x), x);
  const inner = ops.scale(ops.add(x, ops.scale(cubed, 0.044715)), Math.sqrt(2 / Math.PI));
  return ops.mul(ops.scale(x, 0.5), ops.shift(ops.tanh(inner), 1));
}

/** 0.5·x·(1 + erf(x/√2)) */
function exactGelu<T>(ops: Ops<T>, x: T): T {
  return ops.mul(ops.scale(x, 0.5), ops.shift(ops.erf(ops.scale(x, Math.SQRT1_2)), 1));
}

export const gelu: RuntimeLayer<NodeOf<'GELU'>> = {
  weights: noWeights,
  forward: ({ params }, call) => (params.approximate ? approximateGelu : exactGelu)(call.ops, onlyInput(call)),
};

export const sigmoid: RuntimeLayer<NodeOf<'Sigmoid'>> = {
  weights: noWeights,
  forward: (_node, call) => call.ops.sigmoid(onlyInput(call)),
};

export const tanh: RuntimeLayer<NodeOf<'Tanh'>> = {
  weights: noWeights,
  forward: (_node, call) => call.ops.tanh(onlyInput(call)),
};
