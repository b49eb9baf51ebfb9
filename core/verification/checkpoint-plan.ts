import type { OptimizerName } from '../graph/optimizers.ts';
import type { ParameterCount } from '../graph/shapes.ts';

const FLOAT_BYTES = 4;
/** What the optimizer keeps for each trainable value besides the value itself. */
export const OPTIMIZER_SLOTS: Readonly<Record<OptimizerName, number>> = { sgd: 0, momentum: 1, nesterov: 1, rmsprop: 2, adam: 2, adamw: 2 };

/** Every link is a row, an object in CyxCloud and a segment that can be drawn: more say little more. */
export const MAX_LINKS = 64;
/** A segment longer than this is too much to repeat, be it after a crash or by a verifier. */
export const MAX_STEPS_BETWEEN_LINKS = 1_000;
export const MIN_STEPS_BETWEEN_LINKS = 5;
/** Of the time for the steps between two links, what the link itself may take. */
export const LINK_SHARE = 0.03;
/** A modest CPU. On a faster device links come closer together in time, and its disk is faster too. */
const ASSUMED_FLOPS_PER_SECOND = 20e9;
/** Encrypting a checkpoint, putting it into CyxCloud and reporting it: measured with a platform on the trainer's own two cores. */
const LINK_SETUP_SECONDS = 0.02;
/** Hashing, writing and syncing a checkpoint. */
const LINK_BYTES_PER_SECOND = 150e6;

export interface PlannedRun {
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Weights and optimizer slots: a checkpoint's size. */
  readonly stateBytes: number;
  /** A training step of a whole batch: three times the forward pass. */
  readonly flopsPerStep: number;
}

/** Bytes of a run's state, all in float32. */
export function stateBytesOf({ total, trainable }: Pick<ParameterCount, 'total' | 'trainable'>, optimizer: OptimizerName): number {
  return FLOAT_BYTES * (total + OPTIMIZER_SLOTS[optimizer] * trainable);
}

/** Seconds that a link costs, and seconds that a step takes on the assumed device. */
export function linkCosts({ stateBytes, flopsPerStep }: Pick<PlannedRun, 'stateBytes' | 'flopsPerStep'>): { readonly linkSeconds: number; readonly stepSeconds: number } {
  return { linkSeconds: LINK_SETUP_SECONDS + stateBytes / LINK_BYTES_PER_SECOND, stepSeconds: flopsPerStep / ASSUMED_FLOPS_PER_SECOND };
}

/**
 * Steps between two links of the commitment chain; the last step is a link in any case, so every run has one.
 *
 * As few as keep a link's cost within `LINK_SHARE` of the steps between two of them and the run within `MAX_LINKS`, but
 * at least `MIN_STEPS_BETWEEN_LINKS`. `MAX_STEPS_BETWEEN_LINKS` stands above the two wishes: a run of more than 64,000
 * steps has more links, and one whose state is huge beside its work pays more for them. A run shorter than the interval
 * has one link, its last step.
 */
export function checkpointEverySteps(run: PlannedRun): number {
  const { linkSeconds, stepSeconds } = linkCosts(run);
  // A graph without a single operation would make this infinite, which the upper bound takes care of.
  const cheapEnough = Math.ceil(linkSeconds / (LINK_SHARE * stepSeconds));
  const fewEnough = Math.ceil(run.totalSteps / MAX_LINKS);
  const wanted = Math.max(MIN_STEPS_BETWEEN_LINKS, cheapEnough, fewEnough);
  return Math.max(1, Math.min(wanted, MAX_STEPS_BETWEEN_LINKS, run.totalSteps));
}
