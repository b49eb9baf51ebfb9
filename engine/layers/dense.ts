import { sizeOf } from '#core/graph/layers/layer-spec';
import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';

export const linear: RuntimeLayer<NodeOf<'Linear'>> = {
  weights({ params: { units } }, [input = []]) {
    const features = sizeOf(input);
    return [
      { name: 'kernel', shape: [features, units], initialiser: { kind: 'glorot', fanIn: features, fanOut: units }, trainable: true },
      { name: 'bias', shape: [units], initialiser: { kind: 'zeros' }, trainable: true },
    ];
  },
  forward: (_node, call) => call.ops.biasAdd(call.ops.matMul(onlyInput(call), call.weight('kernel')), call.weight('bias')),
};

export const flatten: RuntimeLayer<NodeOf<'Flatten'>> = {
  weights: noWeights,
  forward(_node, call) {
    const x = onlyInput(call);
    return call.ops.reshape(x, [-1, sizeOf(call.ops.sidesOf(x).slice(1))]);
  },
};
