import type { NodeOf } from '#core/graph/schema';
import { onlyInput, type RuntimeLayer } from './layer.ts';

export const layerNorm: RuntimeLayer<NodeOf<'LayerNorm'>> = {
  weights(_node, [input = []]) {
    const shape = [input.at(-1) ?? 1];
    return [
      { name: 'gamma', shape, initialiser: { kind: 'ones' }, trainable: true },
      { name: 'beta', shape, initialiser: { kind: 'zeros' }, trainable: true },
    ];
  },
  forward({ params: { epsilon } }, call) {
    const { ops } = call;
    const x = onlyInput(call);
    const last = [ops.sidesOf(x).length - 1];
    const centred = ops.sub(x, ops.mean(x, last, true));
    const variance = ops.mean(ops.square(centred), last, true);
    const normal = ops.mul(centred, ops.rsqrt(ops.shift(variance, epsilon)));
    return ops.add(ops.mul(normal, call.weight('gamma')), call.weight('beta'));
  },
};
