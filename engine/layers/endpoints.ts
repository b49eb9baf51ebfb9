import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';

export const dataInput: RuntimeLayer<NodeOf<'DataInput'>> = {
  weights: noWeights,
  forward: (_node, call) => onlyInput(call),
};

/** Gives the scores as they are: the loss turns them into probabilities. */
export const output: RuntimeLayer<NodeOf<'Output'>> = {
  weights: noWeights,
  forward: (_node, call) => onlyInput(call),
};
