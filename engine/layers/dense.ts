import { sizeOf } from '#core/graph/layers/layer-spec';
import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';
import { project } from './per-step.ts';

export const linear: RuntimeLayer<NodeOf<'Linear'>> = {
  weights({ params: { units } }, [input = []]) {
    const features = input.at(-1) ?? 1;
    return [
      { name: 'kernel', shape: [features, units], initialiser: { kind: 'glorot', fanIn: features, fanOut: units }, trainable: true },
      { name: 'bias', shape: [units], initialiser: { kind: 'zeros' }, trainable: true },
    ];
  },
  forward: (_node, call) => project(call.ops, onlyInput(call), call.weight('kernel'), call.weight('bias')),
};

export const flatten: RuntimeLayer<NodeOf<'Flatten'>> = {
  weights: noWeights,
  forward(_node, call) {
    const x = onlyInput(call);
    return call.ops.reshape(x, [-1, sizeOf(call.ops.sidesOf(x).slice(1))]);
  },
};
