import { concatSide } from '#core/graph/layers/merge';
import type { NodeOf } from '#core/graph/schema';
import { noWeights, type RuntimeLayer } from './layer.ts';

export const add: RuntimeLayer<NodeOf<'Add'>> = {
  weights: noWeights,
  forward: (_node, { ops, inputs }) => inputs.reduce((sum, input) => ops.add(sum, input)),
};

export const concat: RuntimeLayer<NodeOf<'Concat'>> = {
  weights: noWeights,
  forward({ params: { axis } }, { ops, inputs }) {
    const rank = inputs[0] === undefined ? 0 : ops.sidesOf(inputs[0]).length - 1;
    return ops.concat(inputs, (concatSide(axis, rank) ?? 0) + 1);
  },
};
