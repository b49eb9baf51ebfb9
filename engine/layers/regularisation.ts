import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer, type WeightSpec } from './layer.ts';

export const batchNorm: RuntimeLayer<NodeOf<'BatchNorm'>> = {
  weights(_node, [input = []]) {
    const shape = [input.at(-1) ?? 1];
    const weight = (name: string, kind: 'zeros' | 'ones', trainable: boolean): WeightSpec => ({ name, shape, initialiser: { kind }, trainable });
    return [weight('gamma', 'ones', true), weight('beta', 'zeros', true), weight('movingMean', 'zeros', false), weight('movingVariance', 'ones', false)];
  },
  forward({ params: { momentum, epsilon } }, call) {
    const { ops } = call;
    const x = onlyInput(call);
    const weights = { gamma: call.weight('gamma'), beta: call.weight('beta') };
    const moving = { mean: call.weight('movingMean'), variance: call.weight('movingVariance') };
    if (!call.training) return ops.batchNormInference(x, { ...weights, ...moving }, epsilon);
    const { y, mean, variance } = ops.batchNormTraining(x, weights, epsilon);
    const moved = (old: typeof x, now: typeof x): typeof x => ops.add(ops.scale(old, momentum), ops.scale(now, 1 - momentum));
    call.updateWeight('movingMean', moved(moving.mean, mean));
    call.updateWeight('movingVariance', moved(moving.variance, variance));
    return y;
  },
};

export const dropout: RuntimeLayer<NodeOf<'Dropout'>> = {
  weights: noWeights,
  forward({ params: { rate } }, call) {
    const { ops } = call;
    const x = onlyInput(call);
    if (!call.training || rate === 0) return x;
    const kept = ops.cast(ops.greaterEqual(call.uniform(x), ops.constant(rate)), 'float32');
    return ops.mul(x, ops.scale(kept, 1 / (1 - rate)));
  },
};
