import { sizeOf } from '#core/graph/layers/layer-spec';
import type { Dataset } from './dataset.ts';
import { permutation, randomStream } from './random.ts';

export interface Batch {
  readonly samples: number;
  /** Normalised values, one sample after the other. */
  readonly x: Float32Array;
  readonly y: Int32Array;
}

/** The order of one epoch (from 0): a function of seed and epoch alone, so a resumed run needs no state for it. */
export function epochOrder(samples: number, seed: number, epoch: number): Uint32Array {
  return permutation(samples, randomStream(seed, 'shuffle', epoch));
}

/** Puts together batches of one dataset; bytes are normalised through a table of their 256 values. */
export class BatchReader {
  readonly #dataset: Dataset;
  readonly #sampleSize: number;
  readonly #table: Float32Array | undefined;

  constructor(dataset: Dataset) {
    const { scale, offset } = dataset.normalise;
    this.#dataset = dataset;
    this.#sampleSize = sizeOf(dataset.shape);
    this.#table = dataset.x instanceof Uint8Array ? Float32Array.from({ length: 256 }, (_, value) => value * scale + offset) : undefined;
  }

  /** The samples order[from … to − 1]. */
  read(order: Uint32Array, from: number, to: number): Batch {
    const { x: values, y: labels } = this.#dataset;
    const size = this.#sampleSize;
    const end = Math.min(to, order.length);
    const x = new Float32Array((end - from) * size);
    const y = new Int32Array(end - from);
    for (let row = 0; row < end - from; row++) {
      const index = order[from + row] as number;
      y[row] = labels[index] as number;
      this.#copyRow(values, index * size, x, row * size);
    }
    return { samples: end - from, x, y };
  }

  #copyRow(values: Dataset['x'], from: number, target: Float32Array, to: number): void {
    const size = this.#sampleSize;
    const table = this.#table;
    if (table !== undefined) {
      for (let i = 0; i < size; i++) target[to + i] = table[values[from + i] as number] as number;
      return;
    }
    const { scale, offset } = this.#dataset.normalise;
    for (let i = 0; i < size; i++) target[to + i] = (values[from + i] as number) * scale + offset;
  }
}
