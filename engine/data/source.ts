import type { ModelGraph, Shape } from '#core/graph/schema';
import { BatchReader, epochOrder, type Batch } from './batches.ts';
import { checkDatasetFits, type Dataset, type Normalise } from './dataset.ts';

/** int32: indices, which are not normalised. */
export type SampleDtype = 'uint8' | 'float32' | 'int32';

export function dtypeOf(x: Dataset['x']): SampleDtype {
  if (x instanceof Uint8Array) return 'uint8';
  return x instanceof Float32Array ? 'float32' : 'int32';
}

/** What a run has to know of its dataset before it sees a sample. */
export interface DatasetFacts {
  readonly samples: number;
  /** Of one sample. */
  readonly shape: Shape;
  readonly dtype: SampleDtype;
  readonly normalise: Normalise;
}

/** Which batches a run asks for; with the dataset it determines every one of them. */
export interface BatchPlan {
  readonly batchSize: number;
  readonly seed: number;
  /** From 1: the first step to give a batch for. */
  readonly fromStep: number;
  readonly toStep: number;
}

/** Gives batches in the order of the steps, each once. */
export interface BatchSource {
  /** A promise where the batch is not ready yet. Its values must stay as they are until the next one is asked for. */
  next(): Batch | Promise<Batch>;
  close(): void;
}

/** A dataset that can be trained on, wherever its samples are. */
export interface TrainingData {
  readonly facts: DatasetFacts;
  /** @throws CyxError DATASET_INVALID where the samples or targets are not what the model takes. */
  checkFits(graph: ModelGraph): void;
  open(plan: BatchPlan): BatchSource;
}

/** Which samples each step takes: a function of the plan alone, so that a batch cursor is no more than a step. */
export class BatchSchedule {
  readonly #samples: number;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #perEpoch: number;
  #order: { readonly epoch: number; readonly rows: Uint32Array } | undefined;

  constructor(samples: number, { batchSize, seed }: Pick<BatchPlan, 'batchSize' | 'seed'>) {
    this.#samples = samples;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#perEpoch = Math.ceil(samples / batchSize);
  }

  /** Indices of the samples of a step, from 1. */
  rows(step: number): Uint32Array {
    const epoch = Math.floor((step - 1) / this.#perEpoch);
    if (this.#order?.epoch !== epoch) this.#order = { epoch, rows: epochOrder(this.#samples, this.#seed, epoch) };
    const from = ((step - 1) % this.#perEpoch) * this.#batchSize;
    return this.#order.rows.subarray(from, from + this.#batchSize);
  }
}

/** A dataset that is in memory as a whole. */
export function memoryData(dataset: Dataset): TrainingData {
  const { samples, shape, x, normalise } = dataset;
  return {
    facts: { samples, shape, dtype: dtypeOf(x), normalise },
    checkFits: (graph) => checkDatasetFits(graph, dataset),
    open(plan) {
      const reader = new BatchReader(dataset);
      const schedule = new BatchSchedule(samples, plan);
      let step = plan.fromStep;
      return {
        next() {
          const rows = schedule.rows(step++);
          return reader.read(rows, 0, rows.length);
        },
        close: () => undefined,
      };
    },
  };
}
