import type { LossOps } from '../../../ops/ops.ts';
import { attr, type GraphTensor } from '../graph-builder.ts';
import { binary, reshapeTo, typeOf, type GraphContext } from './context.ts';

/** Both give the loss and its gradient by the scores in one node. */
function crossEntropy(context: GraphContext, op: string, scores: GraphTensor, targets: GraphTensor): GraphTensor {
  const { builder, tape } = context;
  const [samples] = scores.sides as [number];
  const attrs = op.startsWith('Sparse') ? { ...typeOf(scores), Tlabels: attr.type(targets.dtype) } : typeOf(scores);
  const outputs = [{ sides: [samples], dtype: scores.dtype }, { sides: scores.sides, dtype: scores.dtype }];
  const [loss, slope] = builder.add({ op, inputs: [scores, targets], attrs, outputs }) as [GraphTensor, GraphTensor];
  return tape.record([scores, targets], loss, [(dy) => binary(context, 'Mul', slope, reshapeTo(context, dy, [samples, 1])), undefined]);
}

export function lossOps(context: GraphContext): LossOps<GraphTensor> {
  return {
    sparseCrossEntropy: (scores, labels) => crossEntropy(context, 'SparseSoftmaxCrossEntropyWithLogits', scores, labels),
    denseCrossEntropy: (scores, targets) => crossEntropy(context, 'SoftmaxCrossEntropyWithLogits', scores, targets),
  };
}
