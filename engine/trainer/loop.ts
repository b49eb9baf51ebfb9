import { stepsPerEpoch, totalSteps } from '#core/graph/hyper-parameters';
import type { BatchSource, TrainingData } from '../data/source.ts';
import { encodeCheckpoint } from '../formats/checkpoint-file.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import { RunClock } from './clock.ts';
import { hashTensors, isLinkAt, linkChain, toHex } from './commitment.ts';
import { Meter } from './meter.ts';
import type { CheckpointEvent, TrainingHooks, TrainingOutcome, TrainingRun } from './run.ts';
import { accuracyOf, meanLoss, NO_SUMS, type RunState } from './state.ts';
import type { Stepper } from './stepper.ts';

/** With the first and the last line on top this keeps any second at 5 lines at most. */
const REPORT_EVERY_MS = 300;
const BREATHE_EVERY_MS = 100;

type Tensors = ReadonlyMap<string, NamedTensor>;

export interface LoopStart {
  readonly runHex: string;
  readonly state: RunState;
  readonly stepper: Stepper;
  readonly data: TrainingData;
  /** Told of each state that is kept while the run goes on; throws where it is not whole. */
  readonly onState: (step: number, tensors: Tensors) => void | Promise<void>;
}

/** Runs the steps of one start of a run, from its state to its end or until it is stopped. */
export class TrainingLoop {
  readonly #run: TrainingRun;
  readonly #hooks: TrainingHooks;
  readonly #start: LoopStart;
  readonly #meter: Meter;
  readonly #clock: RunClock;
  readonly #source: BatchSource;
  readonly #steps: number;
  readonly #perEpoch: number;
  /** Where this start ends: the last step of the run, or an earlier one. */
  readonly #end: number;
  #step: number;
  #chainHex: string;
  #hasReported = false;
  #breathedMs = performance.now();

  constructor(run: TrainingRun, hooks: TrainingHooks, start: LoopStart) {
    const { state, data, stepper } = start;
    const { batchSize, seed } = run.hyperParameters;
    this.#run = run;
    this.#hooks = hooks;
    this.#start = start;
    this.#meter = new Meter(stepper, state);
    this.#steps = totalSteps(data.facts.samples, run.hyperParameters);
    this.#perEpoch = stepsPerEpoch(data.facts.samples, batchSize);
    this.#clock = new RunClock(state.trainingMs, this.#steps);
    this.#end = hooks.toStep ?? this.#steps;
    this.#source = data.open({ batchSize, seed, fromStep: state.step + 1, toStep: this.#end });
    this.#step = state.step;
    this.#chainHex = state.chainHex;
  }

  async run(): Promise<TrainingOutcome> {
    try {
      return await this.#runSteps();
    } finally {
      this.#source.close();
    }
  }

  async #runSteps(): Promise<TrainingOutcome> {
    while (this.#step < this.#end) {
      if (this.#hooks.shouldStop?.() === true) {
        await this.#checkpoint('stop', this.#start.stepper.state());
        return { kind: 'stopped', step: this.#step };
      }
      const pause = this.#hooks.pause?.();
      if (pause !== undefined) {
        await this.#checkpoint('stop', this.#start.stepper.state());
        await this.#clock.outside(pause);
        continue;
      }
      await this.#runStep();
      this.#report();
      await this.#checkpointIfDue();
      await this.#breathe();
    }
    return this.#hooks.toStep === undefined ? this.#finish() : { kind: 'stopped', step: this.#step };
  }

  async #runStep(): Promise<void> {
    if (this.#step % this.#perEpoch === 0) {
      this.#readMeter();
      this.#meter.inEpoch = NO_SUMS;
    }
    const next = this.#source.next();
    const batch = next instanceof Promise ? await next : next;
    this.#step += 1;
    this.#clock.onDevice(() => this.#start.stepper.run(batch, this.#step));
    this.#meter.add(batch.samples);
  }

  #readMeter(): void {
    this.#clock.onDevice(() => this.#meter.read());
  }

  #report(): void {
    const isDue = !this.#hasReported || this.#step === this.#steps || this.#clock.sinceReportMs() >= REPORT_EVERY_MS;
    if (!isDue) return;
    this.#readMeter();
    const sums = this.#meter.sinceReport;
    const { intervalMs, deviceShare, etaMs } = this.#clock.report(this.#step);
    this.#hooks.onProgress?.({
      epoch: Math.ceil(this.#step / this.#perEpoch),
      epochs: this.#run.hyperParameters.epochs,
      step: this.#step,
      steps: this.#steps,
      loss: meanLoss(sums),
      accuracy: accuracyOf(sums),
      samplesPerSecond: (sums.samples * 1000) / intervalMs,
      etaMs,
      deviceShare,
    });
    this.#meter.sinceReport = NO_SUMS;
    this.#hasReported = true;
  }

  async #checkpointIfDue(): Promise<void> {
    if (isLinkAt(this.#step, this.#steps, this.#run.checkpointEverySteps)) return this.#checkpoint('link', await this.#soundState());
    const { checkpointEveryMs = Infinity } = this.#hooks;
    if (this.#clock.sinceCheckpointMs() >= checkpointEveryMs) await this.#checkpoint('time', await this.#soundState());
  }

  async #soundState(): Promise<Tensors> {
    this.#readMeter();
    const tensors = this.#start.stepper.state();
    await this.#start.onState(this.#step, tensors);
    return tensors;
  }

  /** Hands out the state, and makes a link of it first where it is one. */
  async #checkpoint(reason: CheckpointEvent['reason'], tensors: Tensors): Promise<void> {
    this.#readMeter();
    const { runHex, state: before } = this.#start;
    const { sinceLink } = this.#meter;
    const [epoch, batch] = [Math.floor(this.#step / this.#perEpoch), this.#step % this.#perEpoch];
    const link = { step: this.#step, stateHash: toHex(await hashTensors(tensors, this.#hooks.sha256)), epoch, batch, meanLoss: meanLoss(sinceLink) };
    if (reason === 'link') {
      this.#chainHex = await linkChain(this.#chainHex, link);
      this.#meter.sinceLink = NO_SUMS;
    }
    const state: RunState = {
      step: this.#step,
      chainHex: this.#chainHex,
      sinceLink: this.#meter.sinceLink,
      inEpoch: this.#meter.inEpoch,
      trainingMs: this.#clock.trainingMs(),
      devices: before.devices,
    };
    const { onCheckpoint } = this.#hooks;
    if (onCheckpoint !== undefined) await onCheckpoint(encodeCheckpoint({ runHex, state, tensors }), { ...link, reason, chain: this.#chainHex });
    this.#clock.checkpointed();
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathedMs < BREATHE_EVERY_MS) return;
    await (this.#hooks.breathe?.() ?? new Promise((resolve) => setTimeout(resolve, 0)));
    this.#breathedMs = performance.now();
  }

  async #finish(): Promise<TrainingOutcome> {
    const weights = this.#start.stepper.weights();
    const { graph, hyperParameters, datasetCid } = this.#run;
    const { data, state } = this.#start;
    const { inEpoch } = this.#meter;
    const metrics = { loss: meanLoss(inEpoch), accuracy: accuracyOf(inEpoch), steps: this.#steps };
    const model = { graph, weights, normalise: data.facts.normalise, hyperParameters, datasetCid, metrics, commitmentHex: this.#chainHex };
    return { kind: 'finished', model, weightsHex: toHex(await hashTensors(weights)), trainingMs: this.#clock.trainingMs(), devices: state.devices };
  }
}
