import { CyxError } from '#core/errors/cyx-error';
import { sizeOf } from '#core/graph/layers/layer-spec';
import { totalSteps } from '#core/graph/hyper-parameters';
import { memoryData, type DatasetFacts, type TrainingData } from '../data/source.ts';
import { decodeCheckpoint } from '../formats/checkpoint-file.ts';
import { compileModel } from '../model/model.ts';
import { initialWeights } from '../model/weights.ts';
import { startChain, toHex } from './commitment.ts';
import { diagnose, isSound, type SoundState } from './diagnose.ts';
import { TrainingLoop } from './loop.ts';
import { fitsForSure, fittingBatchSize, outOfMemory } from './memory.ts';
import type { TrainingHooks, TrainingOutcome, TrainingRun } from './run.ts';
import { continuedOn, NO_SUMS, type RunState } from './state.ts';
import type { Backend, Stepper, StepperSetup } from './stepper.ts';

export type { CheckpointEvent, TrainingHooks, TrainingOutcome, TrainingProgress, TrainingRun } from './run.ts';

function checkRoom(run: TrainingRun, facts: DatasetFacts): void {
  const batch = Math.min(run.hyperParameters.batchSize, facts.samples);
  const values = batch * sizeOf(facts.shape);
  if (values >= 2 ** 31) throw new CyxError('DATASET_INVALID', `One batch of ${batch} samples has ${values} values; use a smaller batch size`);
}

/** One start of a run: all that is needed to make a stepper for it, also a second time. */
interface Start {
  readonly backend: Backend;
  readonly run: TrainingRun;
  readonly hooks: TrainingHooks;
  readonly data: TrainingData;
  readonly setup: StepperSetup;
  readonly runHex: string;
  readonly state: RunState;
}

async function prepare(backend: Backend, run: TrainingRun, hooks: TrainingHooks, resumeFrom: Uint8Array | undefined): Promise<Start> {
  const data = 'open' in run.dataset ? run.dataset : memoryData(run.dataset);
  const { hyperParameters, graph } = run;
  data.checkFits(graph);
  checkRoom(run, data.facts);
  const runHex = toHex(await startChain(run));
  const model = compileModel(graph);
  const checkpoint = resumeFrom === undefined ? undefined : decodeCheckpoint(resumeFrom, runHex);
  const state = checkpoint?.state ?? { step: 0, chainHex: runHex, sinceLink: NO_SUMS, inEpoch: NO_SUMS, trainingMs: 0, devices: [] };
  const tensors = checkpoint?.tensors ?? initialWeights([...model.trainable, ...model.frozen], hyperParameters.seed);
  const { shape, dtype, normalise, samples } = data.facts;
  const setup = { model, input: { shape, dtype, normalise }, hyperParameters, steps: totalSteps(samples, hyperParameters), tensors };
  return { backend, run, hooks, data, setup, runHex, state: { ...state, devices: continuedOn(state.devices, run.device, state.step + 1) } };
}

/** The largest batch that fits, found with weights that are thrown away afterwards. */
async function findFittingBatch({ backend, data, hooks, setup }: Start): Promise<number> {
  const { batchSize, seed } = setup.hyperParameters;
  let stepper: Stepper | undefined;
  try {
    return await fittingBatchSize({
      model: setup.model,
      batchSize: Math.min(batchSize, data.facts.samples),
      memoryBytes: hooks.memoryBytes,
      peakBytes: hooks.peakBytes,
      async trial(samples) {
        stepper ??= backend.createStepper(setup);
        const source = data.open({ batchSize: samples, seed, fromStep: 1, toStep: 1 });
        try {
          stepper.run(await source.next(), 1);
        } finally {
          source.close();
        }
      },
    });
  } catch (error) {
    // Diverging is for the run itself to report, at its own step.
    if (error instanceof CyxError && error.code === 'TRAINING_DIVERGED') return batchSize;
    throw error;
  } finally {
    stepper?.dispose();
  }
}

/** Refuses a run that can not fit before it does any harm. @throws CyxError OUT_OF_MEMORY */
async function checkMemory(start: Start): Promise<void> {
  const { hooks, setup, data } = start;
  const batchSize = Math.min(setup.hyperParameters.batchSize, data.facts.samples);
  const { memoryBytes, peakBytes } = hooks;
  if (fitsForSure({ model: setup.model, batchSize, memoryBytes, peakBytes })) return;
  const fits = await findFittingBatch(start);
  if (fits < batchSize) throw outOfMemory(batchSize, fits, memoryBytes);
}

/** What to tell of an error in the loop: where numbers stopped being finite, or which batch would have fitted. */
async function explain(start: Start, error: unknown, sound: SoundState): Promise<unknown> {
  if (!(error instanceof CyxError)) return error;
  const { backend, data, setup } = start;
  if (error.code === 'TRAINING_DIVERGED') {
    return diagnose({ backend, data, setup, from: sound, toStep: Number(error.facts['step']) });
  }
  if (error.code === 'OUT_OF_MEMORY') {
    return outOfMemory(setup.hyperParameters.batchSize, await findFittingBatch(start), undefined, error);
  }
  return error;
}

/**
 * Trains a model. The result is a function of (graph, dataset, hyper-parameters) and, in its last bits, of the
 * device class; interruptions and reports change nothing in it.
 *
 * @param resumeFrom a checkpoint of the same run, from this machine or another.
 * @throws CyxError DATASET_INVALID, TRAINING_DIVERGED (facts: step, layer), OUT_OF_MEMORY (facts: batchSize,
 *   fittingBatchSize), or TRAINING_FAILED for a checkpoint that is not this run's.
 */
export async function train(backend: Backend, run: TrainingRun, hooks: TrainingHooks = {}, resumeFrom?: Uint8Array): Promise<TrainingOutcome> {
  const start = await prepare(backend, run, hooks, resumeFrom);
  const { setup, state } = start;
  await checkMemory(start);
  let sound: SoundState = { step: state.step, tensors: setup.tensors };
  let stepper: Stepper | undefined;
  try {
    stepper = backend.createStepper(setup);
    const onState = (step: number, tensors: SoundState['tensors']): void => {
      // Found by chance, so to say: the answer comes from running the steps since the last sound state again.
      if (!isSound(tensors)) throw new CyxError('TRAINING_DIVERGED', 'A weight is not finite', { facts: { step: String(step) } });
      sound = { step, tensors };
    };
    return await new TrainingLoop(run, hooks, { ...start, stepper, onState }).run();
  } catch (error) {
    stepper?.dispose();
    stepper = undefined;
    throw await explain(start, error, sound);
  } finally {
    stepper?.dispose();
  }
}
