/** What a loss compares the scores with: one class index a sample, or as many numbers as there are scores. */
export type TargetKind = 'label' | 'values';

export interface LossSpec {
  /** One line for people who choose a loss. */
  readonly summary: string;
  readonly targets: TargetKind;
  /** What the model's prediction is, made of its scores. */
  readonly prediction: 'softmax' | 'sigmoid' | 'scores';
  /** Scores that it needs at least. */
  readonly minScores: number;
}

/**
 * The losses, all of them means over everything they compare: over samples for softmax losses, over samples and
 * scores for the others (Keras' `sum_over_batch_size`). With s scores, p = softmax or sigmoid of them, t targets:
 *
 * - `crossEntropy`: −log p[label]. `denseCrossEntropy`: −Σ t·log p, where t are shares that add up to one.
 * - `labelSigmoidCrossEntropy`: binary cross-entropy, one score a class, against 1 for the label and 0 for the
 *   others; with a single score the label itself is the target, 0 or 1.
 *   `sigmoidCrossEntropy`: binary cross-entropy against targets from 0 to 1.
 * - `meanSquaredError`: (s − t)². `meanAbsoluteError`: |s − t|.
 * - `huber`: ½(s − t)² up to `delta`, and beyond it delta·(|s − t| − ½·delta).
 */
export const LOSS_TABLE = {
  crossEntropy: { summary: 'One of several classes, by label', targets: 'label', prediction: 'softmax', minScores: 2 },
  denseCrossEntropy: { summary: 'One of several classes, by shares', targets: 'values', prediction: 'softmax', minScores: 2 },
  labelSigmoidCrossEntropy: { summary: 'Yes or no, by label', targets: 'label', prediction: 'sigmoid', minScores: 1 },
  sigmoidCrossEntropy: { summary: 'Several answers of yes or no', targets: 'values', prediction: 'sigmoid', minScores: 1 },
  meanSquaredError: { summary: 'Numbers; large errors count most', targets: 'values', prediction: 'scores', minScores: 1 },
  meanAbsoluteError: { summary: 'Numbers; all errors count alike', targets: 'values', prediction: 'scores', minScores: 1 },
  huber: { summary: 'Numbers; outliers count less', targets: 'values', prediction: 'scores', minScores: 1 },
} as const satisfies Readonly<Record<string, LossSpec>>;

export type LossName = keyof typeof LOSS_TABLE;
export const LOSSES = Object.keys(LOSS_TABLE) as [LossName, ...LossName[]];

export function lossSpec(loss: LossName): LossSpec {
  return LOSS_TABLE[loss];
}

/** Whether a prediction can be right or wrong, so that there is an accuracy. */
export function isClassification(loss: LossName): boolean {
  return lossSpec(loss).prediction !== 'scores';
}
