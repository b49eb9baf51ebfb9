import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { CyxError } from '#core/errors/cyx-error';
import { sizeOf } from '#core/graph/layers/layer-spec';
import type { ModelGraph } from '#core/graph/schema';
import type { Batch } from '../data/batches.ts';
import { checkDatasetFits, decodeDataset, pickRows, targetWidth, type Dataset } from '../data/dataset.ts';
import { BatchSchedule, memoryData, type BatchPlan, type BatchSource, type TrainingData } from '../data/source.ts';
import { decodeLayout, encodeTensors, type NamedTensor, type TensorLayout, type TensorPlace } from '../formats/safetensors.ts';
import { Prefetcher, type PrefetchedBatch } from './prefetch.ts';

/** Smaller files are read as a whole: putting their batches together takes no time worth a thread. */
const IN_MEMORY_BYTES = 64 * 1024 * 1024;
/** Samples are checked in windows of about this size. */
const WINDOW_BYTES = 8 * 1024 * 1024;

function readBytes(file: number, start: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let done = 0;
  while (done < sizeBytes) {
    const read = readSync(file, bytes, done, sizeBytes - done, start + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

function placeOf({ places }: TensorLayout, name: string): TensorPlace {
  const place = places.get(name);
  if (place === undefined) throw new CyxError('DATASET_INVALID', `The dataset has no tensor "${name}"; it needs "x" (samples) and "y" (class indices or numbers)`);
  return place;
}

/** Rows of a tensor, as a tensor of their own. */
function readRows(file: number, { Type, shape, start }: TensorPlace, from: number, to: number): NamedTensor {
  const rowShape = shape.slice(1);
  const rowBytes = sizeOf(rowShape) * Type.BYTES_PER_ELEMENT;
  const { buffer } = readBytes(file, start + from * rowBytes, (to - from) * rowBytes);
  return { shape: [to - from, ...rowShape], data: new Type(buffer) };
}

/** A dataset file whose samples stay on disk: memory grows with the targets and a batch, not with the samples. */
class DatasetFile {
  readonly #path: string;
  readonly #layout: TensorLayout;
  readonly #samples: number;
  /** The first sample with all targets' type and shape: what does not depend on the samples is known from it. */
  readonly first: Dataset;

  constructor(path: string) {
    this.#path = path;
    this.#layout = this.#open((file) => decodeLayout((size) => readBytes(file, 0, size), fstatSync(file).size, 'dataset', 'DATASET_INVALID'));
    this.#samples = placeOf(this.#layout, 'x').shape[0] ?? 0;
    const targets = placeOf(this.#layout, 'y').shape[0];
    if (targets !== this.#samples) {
      throw new CyxError('DATASET_INVALID', `The dataset has ${this.#samples} samples in "x" and targets for ${targets ?? 0} in "y"`);
    }
    this.first = this.#window(0, Math.min(1, this.#samples));
  }

  #open<T>(use: (file: number) => T): T {
    const file = openSync(this.#path, 'r');
    try {
      return use(file);
    } finally {
      closeSync(file);
    }
  }

  /** Some samples as a dataset of their own, checked like any other. */
  #window(from: number, to: number): Dataset {
    const tensors = this.#open((file) => new Map(['x', 'y'].map((name) => [name, readRows(file, placeOf(this.#layout, name), from, to)])));
    return decodeDataset(encodeTensors({ tensors, metadata: this.#layout.metadata }));
  }

  /** Looks at every sample once. */
  checkFits(graph: ModelGraph): void {
    const sampleBytes = this.#sampleBytes();
    const step = Math.max(1, Math.floor(WINDOW_BYTES / sampleBytes));
    for (let from = 0; from < this.#samples; from += step) {
      try {
        checkDatasetFits(graph, this.#window(from, Math.min(this.#samples, from + step)));
      } catch (error) {
        if (from === 0 || !(error instanceof CyxError)) throw error;
        throw new CyxError(error.code, `${error.message} (counted from sample ${from} on)`, { cause: error });
      }
    }
  }

  #sampleBytes(): number {
    return sizeOf(this.first.shape) * this.first.x.BYTES_PER_ELEMENT;
  }

  get samples(): number {
    return this.#samples;
  }

  open(plan: BatchPlan): BatchSource {
    const schedule = new BatchSchedule(this.#samples, plan);
    let step = plan.fromStep;
    const rowsOf = (): Uint32Array | undefined => (step > plan.toStep ? undefined : schedule.rows(step++).slice());
    const y = this.#open((file) => readRows(file, placeOf(this.#layout, 'y'), 0, this.#samples)).data;
    const place = placeOf(this.#layout, 'x');
    const sampleBytes = this.#sampleBytes();
    const batchSize = Math.min(plan.batchSize, this.#samples);
    const prefetcher = new Prefetcher({ path: this.#path, startBytes: place.start, sampleBytes }, batchSize, rowsOf);
    const width = targetWidth({ y, samples: this.#samples });
    const toBatch = ({ rows, bytes }: PrefetchedBatch): Batch => {
      const x = new place.Type(bytes.buffer as ArrayBuffer, 0, bytes.length / place.Type.BYTES_PER_ELEMENT);
      const targets = y instanceof Float32Array ? pickRows(y, rows, width) : Int32Array.from(rows, (row) => y[row] as number);
      return { samples: rows.length, x, y: targets };
    };
    return {
      next() {
        const batch = prefetcher.next();
        return batch instanceof Promise ? batch.then(toBatch) : toBatch(batch);
      },
      close: () => prefetcher.close(),
    };
  }
}

/** A dataset file that is read while it is trained on, batch by batch. @throws CyxError DATASET_INVALID */
export function openDatasetFile(path: string): TrainingData {
  const file = new DatasetFile(path);
  return {
    facts: { ...memoryData(file.first).facts, samples: file.samples },
    checkFits: (graph) => file.checkFits(graph),
    open: (plan) => file.open(plan),
  };
}

/** A dataset file by the faster of both ways. @throws CyxError DATASET_INVALID */
export function trainingDataOf(path: string): TrainingData {
  return statSync(path).size > IN_MEMORY_BYTES ? openDatasetFile(path) : memoryData(decodeDataset(readFileSync(path)));
}
