import { sizeOf } from '#core/graph/layers/layer-spec';
import { pickRows, targetWidth, type Dataset } from './dataset.ts';
import { permutation, randomStream } from './random.ts';

export interface Batch {
  readonly samples: number;
  /** Values as the dataset has them, one sample after the other. */
  readonly x: Dataset['x'];
  /** Class indices, or `width` numbers a sample. */
  readonly y: Int32Array | Float32Array;
}

/** The order of one epoch (from 0): a function of seed and epoch alone, so a resumed run needs no state for it. */
export function epochOrder(samples: number, seed: number, epoch: number): Uint32Array {
  return permutation(samples, randomStream(seed, 'shuffle', epoch));
}

/** Puts together batches of one dataset. */
export class BatchReader {
  readonly #dataset: Dataset;
  readonly #sampleSize: number;

  constructor(dataset: Dataset) {
    this.#dataset = dataset;
    this.#sampleSize = sizeOf(dataset.shape);
  }

  /** The samples order[from … to − 1]. */
  read(order: Uint32Array, from: number, to: number): Batch {
    const { x: values, y: targets } = this.#dataset;
    const rows = order.subarray(from, Math.min(to, order.length));
    const width = targetWidth(this.#dataset);
    const x = pickRows(values, rows, this.#sampleSize);
    if (targets instanceof Float32Array) return { samples: rows.length, x, y: pickRows(targets, rows, width) };
    return { samples: rows.length, x, y: Int32Array.from(rows, (index) => targets[index] as number) };
  }
}
