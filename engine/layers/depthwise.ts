import type { NodeOf } from '#core/graph/schema';
import { onlyInput, type RuntimeLayer } from './layer.ts';

export const depthwiseConv2D: RuntimeLayer<NodeOf<'DepthwiseConv2D'>> = {
  weights({ params: { depthMultiplier, kernelSize } }, [input = []]) {
    const [height, width] = kernelSize;
    const channels = input.at(-1) ?? 1;
    const area = height * width;
    return [
      // A filter sees one channel only, so that is what its fan-in counts.
      { name: 'kernel', shape: [height, width, channels, depthMultiplier], initialiser: { kind: 'glorot', fanIn: area, fanOut: area * depthMultiplier }, trainable: true },
      { name: 'bias', shape: [channels * depthMultiplier], initialiser: { kind: 'zeros' }, trainable: true },
    ];
  },
  forward({ params: { strides, padding } }, call) {
    const convolved = call.ops.depthwiseConv2d(onlyInput(call), call.weight('kernel'), { strides: [strides, strides], padding });
    return call.ops.biasAdd(convolved, call.weight('bias'));
  },
};
