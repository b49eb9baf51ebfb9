import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';

export const avgPool: RuntimeLayer<NodeOf<'AvgPool'>> = {
  weights: noWeights,
  forward: ({ params: { poolSize, strides, padding } }, call) => call.ops.avgPool(onlyInput(call), { size: poolSize, strides, padding }),
};

export const globalAvgPool: RuntimeLayer<NodeOf<'GlobalAvgPool'>> = {
  weights: noWeights,
  forward(_node, call) {
    const x = onlyInput(call);
    const places = call.ops.sidesOf(x).slice(1, -1);
    return call.ops.mean(x, places.map((_, axis) => axis + 1));
  },
};
