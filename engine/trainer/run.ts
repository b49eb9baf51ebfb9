import type { Dataset } from '../data/dataset.ts';
import type { TrainingData } from '../data/source.ts';
import type { TrainedModel } from '../formats/model-file.ts';
import type { RunIdentity, Sha256 } from './commitment.ts';
import type { DeviceSpan } from './state.ts';

export interface TrainingRun extends RunIdentity {
  readonly dataset: Dataset | TrainingData;
  /** Names everything that decides the last bits here; recorded in checkpoints, compared with nothing. */
  readonly device?: string | undefined;
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
  /** Time to the last step at the speed of this start so far. */
  readonly etaMs: number;
  /** Share of the time since the previous report in which the device was at work on steps, 0 to 1. */
  readonly deviceShare: number;
}

/** Where a run stands at a checkpoint: what a link of the commitment chain is made of. */
export interface CheckpointEvent {
  /** `link`: this is one. `time`: `checkpointEveryMs` has passed since the last one of either kind. `stop`: stopped or paused. */
  readonly reason: 'link' | 'time' | 'stop';
  /** Steps done. */
  readonly step: number;
  /** `hashTensors` over weights and optimizer slots, as hexadecimal digits. */
  readonly stateHash: string;
  /** Where the next batch comes from. */
  readonly epoch: number;
  readonly batch: number;
  /** Mean training loss since the previous link. */
  readonly meanLoss: number;
  /** Head of the commitment chain: this link, or the previous one where it is none. */
  readonly chain: string;
}

export interface TrainingHooks {
  /** The first step at once, then at a steady rate that does not depend on the model, and the last step. */
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** At every link of the commitment chain, the last step included, and at what `CheckpointEvent.reason` tells. */
  readonly onCheckpoint?: (bytes: Uint8Array, event: CheckpointEvent) => void | Promise<void>;
  /** Longest time between two checkpoints; those between links change nothing in the chain. */
  readonly checkpointEveryMs?: number | undefined;
  /** A faster SHA-256 than the one that works everywhere. */
  readonly sha256?: Sha256;
  /** Ends the run after this step, a link, with its checkpoint: to do a part of a run again. */
  readonly toStep?: number;
  /** Asked between steps: true ends the run with a checkpoint. */
  readonly shouldStop?: () => boolean;
  /** Asked between steps: a promise holds the run, after a checkpoint, until it is kept. */
  readonly pause?: () => Promise<void> | undefined;
  /** Lets other work of the process run; awaited about ten times a second. */
  readonly breathe?: () => Promise<void>;
  /** Largest resident size of this process so far: with it and `memoryBytes`, what can not fit is found before the first step. */
  readonly peakBytes?: () => number;
  /** What the process may use. */
  readonly memoryBytes?: number;
}

export type TrainingOutcome =
  | { readonly kind: 'stopped'; readonly step: number }
  | {
      readonly kind: 'finished';
      readonly model: TrainedModel;
      readonly weightsHex: string;
      readonly trainingMs: number;
      readonly devices: readonly DeviceSpan[];
    };
