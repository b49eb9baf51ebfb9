import type { NodeOf } from '#core/graph/schema';
import { onlyInput, type RuntimeLayer } from './layer.ts';

/** Keras' start of an embedding: even over ± this. */
const START_LIMIT = 0.05;

export const embedding: RuntimeLayer<NodeOf<'Embedding'>> = {
  weights({ params: { vocabulary, units } }) {
    return [{ name: 'table', shape: [vocabulary, units], initialiser: { kind: 'uniform', limit: START_LIMIT }, trainable: true }];
  },
  forward: (_node, call) => call.ops.gather(call.weight('table'), onlyInput(call)),
};
