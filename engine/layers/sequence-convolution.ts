import type { NodeOf } from '#core/graph/schema';
import { onlyInput, type RuntimeLayer } from './layer.ts';

/** Runs as a convolution over images of height 1, which is one operation on every backend. */
export const conv1D: RuntimeLayer<NodeOf<'Conv1D'>> = {
  weights({ params: { filters, kernelSize } }, [input = []]) {
    const channels = input.at(-1) ?? 1;
    return [
      { name: 'kernel', shape: [kernelSize, channels, filters], initialiser: { kind: 'glorot', fanIn: kernelSize * channels, fanOut: kernelSize * filters }, trainable: true },
      { name: 'bias', shape: [filters], initialiser: { kind: 'zeros' }, trainable: true },
    ];
  },
  forward({ params: { filters, kernelSize, strides, padding } }, call) {
    const { ops } = call;
    const x = onlyInput(call);
    const [, steps = 1, channels = 1] = ops.sidesOf(x);
    const image = ops.reshape(x, [-1, 1, steps, channels]);
    const kernel = ops.reshape(call.weight('kernel'), [1, kernelSize, channels, filters]);
    // A height of 1 stays 1 with any stride, and equal strides are what every kernel takes.
    const convolved = ops.conv2d(image, kernel, { strides: [strides, strides], padding });
    const [, , stepsOut = 1] = ops.sidesOf(convolved);
    return ops.reshape(ops.biasAdd(convolved, call.weight('bias')), [-1, stepsOut, filters]);
  },
};
