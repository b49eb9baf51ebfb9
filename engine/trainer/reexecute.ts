import { CyxError } from '#core/errors/cyx-error';
import { totalSteps } from '#core/graph/hyper-parameters';
import { memoryData } from '../data/source.ts';
import { decodeCheckpoint } from '../formats/checkpoint-file.ts';
import { compileModel } from '../model/model.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import { initialWeights } from '../model/weights.ts';
import { hashTensors, isLinkAt, runIdentityHex, toHex } from './commitment.ts';
import { isSound } from './diagnose.ts';
import type { CheckpointEvent, TrainingHooks, TrainingRun } from './run.ts';
import { NO_SUMS } from './state.ts';
import type { Backend } from './stepper.ts';
import { train } from './train.ts';

type Tensors = ReadonlyMap<string, NamedTensor>;

export interface Segment {
  /** A checkpoint of the run; left out: its initial state. */
  readonly from?: Uint8Array | undefined;
  /** The link to end with. */
  readonly toStep: number;
  /** A checkpoint of `toStep` to compare the values with. */
  readonly compareWith?: Uint8Array | undefined;
  /** What links on the way were claimed to be: the run ends with the first that comes out otherwise. */
  readonly expected?: readonly ExpectedLink[] | undefined;
}

export interface ExpectedLink {
  readonly step: number;
  readonly stateHash: string;
  readonly chain: string;
}

export interface SegmentOutcome extends Omit<CheckpointEvent, 'reason' | 'step'> {
  readonly fromStep: number;
  readonly startStateHash: string;
  /** The link that was reached: the one asked for, or the first that is not as expected. */
  readonly toStep: number;
  readonly asExpected: boolean;
  readonly steps: number;
  readonly maxDifference?: number;
}

function refuse(message: string): CyxError {
  return new CyxError('RESULT_INVALID', message);
}

/** The state that a segment begins with, which must be one that an honest run can have been in. */
async function startOf(run: TrainingRun, { from, toStep }: Segment, runHex: string, steps: number): Promise<SegmentStart> {
  if (from === undefined) {
    const { trainable, frozen } = compileModel(run.graph);
    const weights = initialWeights([...trainable, ...frozen], run.hyperParameters.seed);
    return { step: 0, stateHash: toHex(await hashTensors(weights)), resumeFrom: undefined };
  }
  const { state, tensors } = decodeCheckpoint(from, runHex, 'RESULT_INVALID');
  const { step, sinceLink } = state;
  if (step >= toStep) throw refuse(`The checkpoint is of step ${step}, and the segment ends with step ${toStep}`);
  if (isLinkAt(step, steps, run.checkpointEverySteps) !== (sinceLink.steps === 0) || step === 0) {
    throw refuse(`The checkpoint of step ${step} counts ${sinceLink.steps} steps since the last link`);
  }
  if (sinceLink.steps === 0 && JSON.stringify(sinceLink) !== JSON.stringify(NO_SUMS)) throw refuse('The checkpoint of a link has sums that belong to no step');
  if (!isSound(tensors)) throw refuse(`A value in the checkpoint of step ${step} is not finite`);
  return { step, stateHash: toHex(await hashTensors(tensors)), resumeFrom: from };
}

interface SegmentStart {
  readonly step: number;
  readonly stateHash: string;
  readonly resumeFrom: Uint8Array | undefined;
}

/** Largest |a − b| / max(1, |b|) over all values. */
function maxDifference(found: Tensors, claimed: Tensors): number {
  let most = 0;
  if (found.size !== claimed.size) throw refuse(`The checkpoint has ${claimed.size} tensors; the run has ${found.size}`);
  for (const [name, { shape, data: a }] of found) {
    const { shape: otherShape, data: b } = claimed.get(name) ?? {};
    if (b === undefined || otherShape?.join() !== shape.join()) throw refuse(`The checkpoint has no tensor "${name}" of shape [${shape.join(', ')}]`);
    for (let at = 0; at < a.length; at++) {
      const [x, y] = [a[at] as number, b[at] as number];
      most = Math.max(most, Math.abs(x - y) / Math.max(1, Math.abs(y)));
    }
  }
  return most;
}

function compare(found: Uint8Array, claimed: Uint8Array, runHex: string, toStep: number): number {
  const { state, tensors } = decodeCheckpoint(claimed, runHex, 'RESULT_INVALID');
  if (state.step !== toStep) throw refuse(`The checkpoint to compare with is of step ${state.step}, not ${toStep}`);
  if (!isSound(tensors)) throw refuse(`A value in the checkpoint of step ${toStep} is not finite`);
  return maxDifference(decodeCheckpoint(found, runHex).tensors, tensors);
}

/**
 * Runs the steps of one segment of a run again, in the very loop that training is.
 *
 * @throws CyxError RESULT_INVALID for what no honest run can have left; else as `train`.
 */
export async function reexecute(backend: Backend, run: TrainingRun, segment: Segment, hooks: TrainingHooks = {}): Promise<SegmentOutcome> {
  const { toStep, compareWith, expected = [] } = segment;
  const { facts } = 'open' in run.dataset ? run.dataset : memoryData(run.dataset);
  const steps = totalSteps(facts.samples, run.hyperParameters);
  if (toStep > steps || !isLinkAt(toStep, steps, run.checkpointEverySteps)) throw new CyxError('INVALID_INPUT', `Step ${toStep} of ${steps} is no link of the run's chain`);
  const runHex = await runIdentityHex(run);
  const start = await startOf(run, segment, runHex, steps);
  let last: { readonly bytes: Uint8Array; readonly event: CheckpointEvent } | undefined;
  let isOtherwise = false;
  const onCheckpoint = (bytes: Uint8Array, event: CheckpointEvent): void => {
    if (isOtherwise) return;
    last = { bytes, event };
    isOtherwise = expected.some(({ step, stateHash, chain }) => step === event.step && (stateHash !== event.stateHash || chain !== event.chain));
  };
  try {
    await train(backend, run, { ...hooks, onCheckpoint, toStep, shouldStop: () => isOtherwise || hooks.shouldStop?.() === true }, start.resumeFrom);
  } catch (error) {
    // A run that came through had finite numbers in every step.
    if (error instanceof CyxError && error.code === 'TRAINING_DIVERGED') throw new CyxError('RESULT_INVALID', `The run can not have reached step ${toStep}: ${error.message}`, { cause: error });
    throw error;
  }
  if (last === undefined || (last.event.step !== toStep && !isOtherwise)) throw new CyxError('INTERNAL', `The run did not come to step ${toStep}`);
  const { reason: _reason, step: reached, ...link } = last.event;
  const difference = compareWith === undefined || reached !== toStep ? {} : { maxDifference: compare(last.bytes, compareWith, runHex, toStep) };
  return { ...link, fromStep: start.step, startStateHash: start.stateHash, toStep: reached, asExpected: !isOtherwise, steps: reached - start.step, ...difference };
}
