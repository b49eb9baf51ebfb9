import type { LossName } from '#core/graph/layers/endpoints';
import type { Ops } from '../ops/ops.ts';

/** What Output turns its scores and the samples' targets into. */
export interface Loss {
  /** Of the targets: class indices, or values in the shape of the scores. */
  readonly targetDtype: 'int32' | 'float32';
  /** The mean over the batch, a scalar: what training makes small. */
  mean<T>(ops: Ops<T>, scores: T, targets: T): T;
  /** How many samples are right, a float32 scalar. */
  correct<T>(ops: Ops<T>, scores: T, targets: T): T;
}

const crossEntropy: Loss = {
  targetDtype: 'int32',
  mean: (ops, scores, labels) => ops.mean(ops.sparseCrossEntropy(scores, labels)),
  correct: (ops, scores, labels) => ops.sum(ops.cast(ops.equal(ops.argMax(scores), labels), 'float32')),
};

export const LOSSES: { readonly [L in LossName]: Loss } = { crossEntropy };
