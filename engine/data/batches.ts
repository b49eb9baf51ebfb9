import { sizeOf } from '#core/graph/layers/layer-spec';
import type { Dataset } from './dataset.ts';
import { permutation, randomStream } from './random.ts';

export interface Batch {
  readonly samples: number;
  /** Values as the dataset has them, one sample after the other. */
  readonly x: Uint8Array | Float32Array;
  readonly y: Int32Array;
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
    const { x: values, y: labels } = this.#dataset;
    const size = this.#sampleSize;
    const samples = Math.min(to, order.length) - from;
    const x = values instanceof Uint8Array ? new Uint8Array(samples * size) : new Float32Array(samples * size);
    const y = new Int32Array(samples);
    for (let row = 0; row < samples; row++) {
      const index = order[from + row] as number;
      y[row] = labels[index] as number;
      x.set(values.subarray(index * size, (index + 1) * size), row * size);
    }
    return { samples, x, y };
  }
}
