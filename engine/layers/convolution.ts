import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';

export const conv2D: RuntimeLayer<NodeOf<'Conv2D'>> = {
  weights({ params: { filters, kernelSize } }, [input = []]) {
    const [height, width] = kernelSize;
    const channels = input.at(-1) ?? 1;
    const area = height * width;
    return [
      { name: 'kernel', shape: [height, width, channels, filters], initialiser: { kind: 'glorot', fanIn: area * channels, fanOut: area * filters }, trainable: true },
      { name: 'bias', shape: [filters], initialiser: { kind: 'zeros' }, trainable: true },
    ];
  },
  forward({ params: { strides, padding } }, call) {
    const convolved = call.ops.conv2d(onlyInput(call), call.weight('kernel'), { strides, padding });
    return call.ops.biasAdd(convolved, call.weight('bias'));
  },
};

export const maxPool: RuntimeLayer<NodeOf<'MaxPool'>> = {
  weights: noWeights,
  forward: ({ params: { poolSize, strides, padding } }, call) => call.ops.maxPool(onlyInput(call), { size: poolSize, strides, padding }),
};
