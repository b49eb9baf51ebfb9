import type { NodeOf } from '#core/graph/schema';
import { noWeights, onlyInput, type RuntimeLayer } from './layer.ts';

export const relu: RuntimeLayer<NodeOf<'ReLU'>> = {
  weights: noWeights,
  forward: (_node, call) => call.ops.relu(onlyInput(call)),
};

/** One that leads to Output alone never runs: it stands for the softmax that Output has anyway (model/model.ts). */
export const softmax: RuntimeLayer<NodeOf<'Softmax'>> = {
  weights: noWeights,
  forward: (_node, call) => call.ops.softmax(onlyInput(call)),
};
