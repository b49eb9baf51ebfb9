import { Worker } from 'node:worker_threads';

/** So many batches are in the making or wait: one at work, one ready, one being read. */
const SLOTS = 3;

/** Where samples are in a file: one after the other, all of one size. */
export interface SampleFile {
  readonly path: string;
  readonly startBytes: number;
  readonly sampleBytes: number;
}

export interface PrefetchOrders extends SampleFile {
  readonly slots: readonly SharedArrayBuffer[];
  /** One int32 a slot: 1 where its samples are there. */
  readonly ready: SharedArrayBuffer;
}

/** Reads batches of samples in a thread, ahead of those who ask for them and in the order of `rowsOf`. */
export class Prefetcher {
  readonly #worker: Worker;
  readonly #slots: readonly SharedArrayBuffer[];
  readonly #ready: Int32Array;
  readonly #sampleBytes: number;
  readonly #rows: Uint32Array[] = [];
  readonly #rowsOf: () => Uint32Array | undefined;
  #asked = 0;
  #taken = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** @param rowsOf gives the samples of one batch after the other, and undefined after the last. */
  constructor(file: SampleFile, batchSize: number, rowsOf: () => Uint32Array | undefined) {
    this.#sampleBytes = file.sampleBytes;
    this.#rowsOf = rowsOf;
    this.#slots = Array.from({ length: SLOTS }, () => new SharedArrayBuffer(batchSize * file.sampleBytes));
    const ready = new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT);
    this.#ready = new Int32Array(ready);
    const orders: PrefetchOrders = { ...file, slots: this.#slots, ready };
    this.#worker = new Worker(new URL('./prefetch-thread.mjs', import.meta.url), { workerData: orders, env: {}, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', () => this.#wake?.());
    this.#worker.on('error', (error) => {
      this.#failure = error;
      this.#wake?.();
    });
    for (let slot = 0; slot < SLOTS; slot++) this.#ask();
  }

  #ask(): void {
    const rows = this.#rowsOf();
    if (rows === undefined) return;
    this.#rows.push(rows);
    this.#worker.postMessage({ slot: this.#asked++ % SLOTS, rows });
  }

  /** The next batch's rows and bytes; the bytes stay until the one after it is asked for. */
  next(): PrefetchedBatch | Promise<PrefetchedBatch> {
    // The slot of the batch before is free now.
    if (this.#taken > 0) this.#ask();
    const slot = this.#taken % SLOTS;
    return Atomics.load(this.#ready, slot) === 1 ? this.#take(slot) : this.#wait(slot);
  }

  async #wait(slot: number): Promise<PrefetchedBatch> {
    this.#worker.ref();
    try {
      while (Atomics.load(this.#ready, slot) === 0) {
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#worker.unref();
    }
    return this.#take(slot);
  }

  #take(slot: number): PrefetchedBatch {
    const rows = this.#rows.shift();
    if (rows === undefined) throw new RangeError('there is no further batch');
    Atomics.store(this.#ready, slot, 0);
    this.#taken += 1;
    return { rows, bytes: new Uint8Array(this.#slots[slot] as SharedArrayBuffer, 0, rows.length * this.#sampleBytes) };
  }

  close(): void {
    void this.#worker.terminate();
  }
}

export interface PrefetchedBatch {
  readonly rows: Uint32Array;
  readonly bytes: Uint8Array;
}
