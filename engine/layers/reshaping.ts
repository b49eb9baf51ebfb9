import { sizeOf } from '#core/graph/layers/layer-spec';
import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';

export const reshape: RuntimeLayer<NodeOf<'Reshape'>> = {
  weights: noWeights,
  forward({ params: { shape } }, call) {
    const x = onlyInput(call);
    const values = sizeOf(call.ops.sidesOf(x).slice(1));
    const given = sizeOf(shape.filter((side) => side !== -1));
    // The batch is the one side that may stay open, so the sample's own open side is worked out here.
    return call.ops.reshape(x, [-1, ...shape.map((side) => (side === -1 ? values / given : side))]);
  },
};
