import { CyxError } from '#core/errors/cyx-error';
import { sizeOf } from '#core/graph/layers/layer-spec';
import { stepsPerEpoch, totalSteps } from '#core/graph/hyper-parameters';
import { BatchReader, epochOrder } from '../data/batches.ts';
import { checkDatasetFits, type Dataset } from '../data/dataset.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../formats/checkpoint-file.ts';
import type { TrainedModel } from '../formats/model-file.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import { compileModel } from '../model/model.ts';
import { initialWeights } from '../model/weights.ts';
import { extendChain, fromHex, hashTensors, startChain, toHex, type RunIdentity } from './commitment.ts';
import { Meter } from './meter.ts';
import { accuracyOf, meanLoss, NO_SUMS, type RunState } from './state.ts';
import { inputFormat, type Backend, type Stepper } from './stepper.ts';

export interface TrainingRun extends RunIdentity {
  readonly dataset: Dataset;
}

export interface TrainingProgress {
  /** The epoch that runs, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** Mean loss and accuracy since the previous report. */
  readonly loss: number;
  readonly accuracy: number;
  readonly samplesPerSecond: number;
}

export interface TrainingHooks {
  /** The first step at once, then at a steady rate that does not depend on the model, and the last step. */
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Every `checkpointEverySteps` but the last, and when stopped. */
  readonly onCheckpoint?: (bytes: Uint8Array) => void | Promise<void>;
  /** Asked between steps: true ends the run with a checkpoint. */
  readonly shouldStop?: () => boolean;
  /** Lets other work of the process run; awaited about ten times a second. */
  readonly breathe?: () => Promise<void>;
}

export type TrainingOutcome =
  | { readonly kind: 'stopped'; readonly step: number }
  | { readonly kind: 'finished'; readonly model: TrainedModel; readonly weightsHex: string; readonly trainingMs: number };

/** With the first and the last line on top this keeps any second at 5 lines at most. */
const REPORT_EVERY_MS = 300;
const BREATHE_EVERY_MS = 100;

/** Values that can only come from a run that went wrong, with the layer that has them first. */
function checkFinite(weights: ReadonlyMap<string, NamedTensor>, step: number): void {
  for (const [name, { data }] of weights) {
    if (data.every(Number.isFinite)) continue;
    const layer = name.split('.')[0] ?? name;
    throw new CyxError('TRAINING_DIVERGED', `A weight of layer "${layer}" (${name}) stopped being a finite number by step ${step}. Try a smaller learning rate`, {
      facts: { step: String(step), layer },
    });
  }
}

class TrainingLoop {
  readonly #run: TrainingRun;
  readonly #hooks: TrainingHooks;
  readonly #stepper: Stepper;
  readonly #meter: Meter;
  readonly #reader: BatchReader;
  readonly #runHex: string;
  readonly #steps: number;
  readonly #perEpoch: number;
  readonly #startedMs = performance.now();
  readonly #earlierMs: number;
  #step: number;
  #chainHex: string;
  #order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;
  #reportedMs = performance.now();
  #hasReported = false;
  #breathedMs = performance.now();

  constructor(run: TrainingRun, hooks: TrainingHooks, start: { runHex: string; state: RunState; stepper: Stepper }) {
    this.#run = run;
    this.#hooks = hooks;
    this.#stepper = start.stepper;
    this.#meter = new Meter(start.stepper, start.state);
    this.#reader = new BatchReader(run.dataset);
    this.#runHex = start.runHex;
    this.#steps = totalSteps(run.dataset.samples, run.hyperParameters);
    this.#perEpoch = stepsPerEpoch(run.dataset.samples, run.hyperParameters.batchSize);
    this.#earlierMs = start.state.trainingMs;
    this.#step = start.state.step;
    this.#chainHex = start.state.chainHex;
  }

  async run(): Promise<TrainingOutcome> {
    while (this.#step < this.#steps) {
      if (this.#hooks.shouldStop?.() === true) {
        await this.#checkpoint(this.#stepper.state());
        return { kind: 'stopped', step: this.#step };
      }
      this.#runStep();
      this.#report();
      const isLast = this.#step === this.#steps;
      if (isLast || this.#step % this.#run.checkpointEverySteps === 0) await this.#link(isLast);
      await this.#breathe();
    }
    return this.#finish();
  }

  #runStep(): void {
    const { samples } = this.#run.dataset;
    const { batchSize, seed } = this.#run.hyperParameters;
    const epoch = Math.floor(this.#step / this.#perEpoch);
    const batch = this.#step % this.#perEpoch;
    if (this.#order?.epoch !== epoch) {
      this.#meter.read();
      this.#order = { epoch, indices: epochOrder(samples, seed, epoch) };
    }
    if (batch === 0) this.#meter.inEpoch = NO_SUMS;
    const read = this.#reader.read(this.#order.indices, batch * batchSize, (batch + 1) * batchSize);
    this.#step += 1;
    this.#stepper.run(read, this.#step);
    this.#meter.add(read.samples);
  }

  #report(): void {
    const nowMs = performance.now();
    const isDue = !this.#hasReported || this.#step === this.#steps || nowMs - this.#reportedMs >= REPORT_EVERY_MS;
    if (!isDue) return;
    this.#meter.read();
    const sums = this.#meter.sinceReport;
    this.#hooks.onProgress?.({
      epoch: Math.ceil(this.#step / this.#perEpoch),
      epochs: this.#run.hyperParameters.epochs,
      step: this.#step,
      steps: this.#steps,
      loss: meanLoss(sums),
      accuracy: accuracyOf(sums),
      samplesPerSecond: sums.samples / Math.max(0.001, (nowMs - this.#reportedMs) / 1000),
    });
    this.#meter.sinceReport = NO_SUMS;
    this.#reportedMs = nowMs;
    this.#hasReported = true;
  }

  /** Adds a link to the commitment chain; the last one needs no checkpoint, since the model follows. */
  async #link(isLast: boolean): Promise<void> {
    this.#meter.read();
    const tensors = this.#stepper.state();
    checkFinite(tensors, this.#step);
    const link = await extendChain(fromHex(this.#chainHex), {
      step: this.#step,
      stateHash: await hashTensors(tensors),
      epoch: Math.floor(this.#step / this.#perEpoch),
      batch: this.#step % this.#perEpoch,
      meanLoss: meanLoss(this.#meter.sinceLink),
    });
    this.#chainHex = toHex(link);
    this.#meter.sinceLink = NO_SUMS;
    if (!isLast) await this.#checkpoint(tensors);
  }

  async #checkpoint(tensors: ReadonlyMap<string, NamedTensor>): Promise<void> {
    this.#meter.read();
    const { sinceLink, inEpoch } = this.#meter;
    const state: RunState = { step: this.#step, chainHex: this.#chainHex, sinceLink, inEpoch, trainingMs: this.#trainingMs() };
    await this.#hooks.onCheckpoint?.(encodeCheckpoint({ runHex: this.#runHex, state, tensors }));
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathedMs < BREATHE_EVERY_MS) return;
    await (this.#hooks.breathe?.() ?? new Promise((resolve) => setTimeout(resolve, 0)));
    this.#breathedMs = performance.now();
  }

  #trainingMs(): number {
    return this.#earlierMs + (performance.now() - this.#startedMs);
  }

  async #finish(): Promise<TrainingOutcome> {
    const weights = this.#stepper.weights();
    const { graph, dataset, hyperParameters, datasetCid } = this.#run;
    const { inEpoch } = this.#meter;
    const metrics = { loss: meanLoss(inEpoch), accuracy: accuracyOf(inEpoch), steps: this.#steps };
    const model = { graph, weights, normalise: dataset.normalise, hyperParameters, datasetCid, metrics, commitmentHex: this.#chainHex };
    return { kind: 'finished', model, weightsHex: toHex(await hashTensors(weights)), trainingMs: this.#trainingMs() };
  }
}

function checkRoom(run: TrainingRun): void {
  const batch = Math.min(run.hyperParameters.batchSize, run.dataset.samples);
  const values = batch * sizeOf(run.dataset.shape);
  if (values >= 2 ** 31) throw new CyxError('DATASET_INVALID', `One batch of ${batch} samples has ${values} values; use a smaller batch size`);
}

/**
 * Trains a model. The result is a function of (graph, dataset, hyper-parameters) and, in its last bits, of the
 * device class; interruptions and reports change nothing in it.
 *
 * @param resumeFrom a checkpoint of the same run, from this machine or another.
 * @throws CyxError DATASET_INVALID, TRAINING_DIVERGED, or TRAINING_FAILED for a checkpoint that is not this run's.
 */
export async function train(backend: Backend, run: TrainingRun, hooks: TrainingHooks = {}, resumeFrom?: Uint8Array): Promise<TrainingOutcome> {
  checkDatasetFits(run.graph, run.dataset);
  checkRoom(run);
  const runHex = toHex(await startChain(run));
  const model = compileModel(run.graph);
  const checkpoint = resumeFrom === undefined ? undefined : decodeCheckpoint(resumeFrom, runHex);
  const state = checkpoint?.state ?? { step: 0, chainHex: runHex, sinceLink: NO_SUMS, inEpoch: NO_SUMS, trainingMs: 0 };
  const tensors = checkpoint?.tensors ?? initialWeights([...model.trainable, ...model.frozen], run.hyperParameters.seed);
  const stepper = backend.createStepper({ model, input: inputFormat(run.dataset), hyperParameters: run.hyperParameters, steps: totalSteps(run.dataset.samples, run.hyperParameters), tensors });
  try {
    return await new TrainingLoop(run, hooks, { runHex, state, stepper }).run();
  } finally {
    stepper.dispose();
  }
}
