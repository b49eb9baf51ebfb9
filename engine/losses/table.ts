import type { OutputParams } from '#core/graph/layers/endpoints';
import { lossSpec, type LossName } from '#core/graph/layers/losses';
import type { Ops } from '../ops/ops.ts';

/** What Output turns its scores [n, scores] and the samples' targets into. */
export interface Loss {
  /** Of the targets: class indices [n], or values in the shape of the scores. */
  readonly targetDtype: 'int32' | 'float32';
  /** The mean over the batch, a scalar: what training makes small. */
  mean<T>(ops: Ops<T>, scores: T, targets: T): T;
  /** How many samples are right, a float32 scalar; none where the loss knows no right and wrong. */
  correct<T>(ops: Ops<T>, scores: T, targets: T): T;
  /** The class that the scores of each sample tell, int32 [n]. */
  predicted<T>(ops: Ops<T>, scores: T): T;
}

type Formula = <T>(ops: Ops<T>, scores: T, targets: T, params: OutputParams) => T;

/** (1 − smoothing)·target + smoothing·even, where even is the target of somebody who knows nothing. */
function smooth<T>(ops: Ops<T>, targets: T, smoothing: number | undefined, even: number): T {
  return smoothing === undefined ? targets : ops.shift(ops.scale(targets, 1 - smoothing), smoothing * even);
}

const classesOf = <T>(ops: Ops<T>, scores: T): number => ops.sidesOf(scores).at(-1) ?? 1;

/** Targets from 0 to 1, one a score, made of labels. */
function targetsOfLabels<T>(ops: Ops<T>, scores: T, labels: T): T {
  const classes = classesOf(ops, scores);
  return classes === 1 ? ops.reshape(ops.cast(labels, 'float32'), [-1, 1]) : ops.oneHot(labels, classes);
}

const softmaxOfValues: Formula = (ops, scores, targets, { labelSmoothing }) =>
  ops.mean(ops.denseCrossEntropy(scores, smooth(ops, targets, labelSmoothing, 1 / classesOf(ops, scores))));

const softmaxOfLabels: Formula = (ops, scores, labels, params) =>
  params.labelSmoothing === undefined
    ? ops.mean(ops.sparseCrossEntropy(scores, labels))
    : softmaxOfValues(ops, scores, ops.oneHot(labels, classesOf(ops, scores)), params);

/** −t·ln σ(s) − (1 − t)·ln(1 − σ(s)) = softplus(s) − s·t, which is exact for extreme scores, as is its gradient σ(s) − t. */
const sigmoidOfValues: Formula = (ops, scores, targets, { labelSmoothing }) =>
  ops.mean(ops.sub(ops.softplus(scores), ops.mul(scores, smooth(ops, targets, labelSmoothing, 0.5))));

const absoluteError: Formula = (ops, scores, targets) => ops.abs(ops.sub(scores, targets));

/** With the error cut off at delta, q = min(|e|, δ): q·(|e| − q/2), which is both of its branches. */
const huber: Formula = (ops, scores, targets, params) => {
  const error = absoluteError(ops, scores, targets, params);
  const cut = ops.minimum(error, ops.constant(params.delta ?? 1));
  return ops.mean(ops.mul(cut, ops.sub(error, ops.scale(cut, 0.5))));
};

const FORMULAS: { readonly [L in LossName]: Formula } = {
  crossEntropy: softmaxOfLabels,
  denseCrossEntropy: softmaxOfValues,
  labelSigmoidCrossEntropy: (ops, scores, labels, params) => sigmoidOfValues(ops, scores, targetsOfLabels(ops, scores, labels), params),
  sigmoidCrossEntropy: sigmoidOfValues,
  meanSquaredError: (ops, scores, targets) => ops.mean(ops.square(ops.sub(scores, targets))),
  meanAbsoluteError: (ops, scores, targets, params) => ops.mean(absoluteError(ops, scores, targets, params)),
  huber,
};

/** One class a sample: the highest score is the label's, or that of the largest target. */
function countBest<T>(ops: Ops<T>, scores: T, labels: T): T {
  return ops.sum(ops.cast(ops.equal(ops.argMax(scores), labels), 'float32'));
}

/** Every answer of a sample is on its target's side: score above 0 where the target is above one half. */
function countAllRight<T>(ops: Ops<T>, scores: T, targets: T): T {
  const isYes = (x: T, border: number): T => ops.cast(ops.greater(x, ops.constant(border)), 'float32');
  const wrong = ops.sum(ops.abs(ops.sub(isYes(scores, 0), isYes(targets, 0.5))), [1]);
  return ops.sum(ops.cast(ops.equal(wrong, ops.zerosLike(wrong)), 'float32'));
}

/** The highest score's place; a single score tells 1 above zero and 0 below. */
function predictedClasses<T>(ops: Ops<T>, scores: T): T {
  if (classesOf(ops, scores) > 1) return ops.argMax(scores);
  return ops.cast(ops.reshape(ops.greater(scores, ops.constant(0)), [-1]), 'int32');
}

function countRight<T>(ops: Ops<T>, scores: T, targets: T, loss: LossName): T {
  switch (loss) {
    case 'crossEntropy':
      return countBest(ops, scores, targets);
    case 'denseCrossEntropy':
      return countBest(ops, scores, ops.argMax(targets));
    case 'labelSigmoidCrossEntropy':
      return classesOf(ops, scores) > 1 ? countBest(ops, scores, targets) : countAllRight(ops, scores, targetsOfLabels(ops, scores, targets));
    case 'sigmoidCrossEntropy':
      return countAllRight(ops, scores, targets);
    case 'meanSquaredError':
    case 'meanAbsoluteError':
    case 'huber':
      return ops.constant(0);
  }
}

/** The code of an Output's loss; core/graph/layers/losses.ts says what each is. */
export function lossOf(params: OutputParams): Loss {
  return {
    targetDtype: lossSpec(params.loss).targets === 'label' ? 'int32' : 'float32',
    mean: (ops, scores, targets) => FORMULAS[params.loss](ops, scores, targets, params),
    correct: (ops, scores, targets) => countRight(ops, scores, targets, params.loss),
    predicted: predictedClasses,
  };
}
