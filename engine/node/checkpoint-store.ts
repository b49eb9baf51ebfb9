import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CheckpointEvent } from '../trainer/run.ts';
import { CHILD_FILES, checkpointFile, type CheckpointLine } from './child-contract.ts';

/** So much is kept for when a full disk has room again; what is beyond is lost, oldest first. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export interface CheckpointThreadOrders {
  readonly latestFile: string;
  readonly logFile: string;
  readonly maxWaitingBytes: number;
  /** Counts what was dealt with. */
  readonly done: Int32Array;
}

export interface CheckpointWork {
  readonly bytes: Uint8Array;
  /** Left out: only the file to resume from is written. */
  readonly file?: string;
  readonly line?: string;
}

export interface CheckpointStoreOptions {
  readonly maxWaitingBytes?: number;
  /** `false`: only the file to resume from. */
  readonly keepsLinks?: boolean | undefined;
}

/**
 * Puts a run's checkpoints into its work directory, in a thread: training goes on as soon as the bytes are handed over,
 * and waits where the ones before are not on disk yet. So a crash costs the steps since the last checkpoint and what
 * was done while it was being written, and no more than two are in memory.
 */
export class CheckpointStore {
  readonly #workDir: string;
  readonly #keepsLinks: boolean;
  readonly #worker: Worker;
  /** How many of those sent are done: seen at once, where a message would wait for the main thread to be free. */
  readonly #done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #sent = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(workDir: string, { maxWaitingBytes = MAX_WAITING_BYTES, keepsLinks = true }: CheckpointStoreOptions = {}) {
    this.#workDir = workDir;
    this.#keepsLinks = keepsLinks;
    const folder = join(workDir, CHILD_FILES.checkpoints);
    mkdirSync(folder, { recursive: true });
    // What a process that was killed had begun with.
    for (const name of readdirSync(folder)) if (name.endsWith('.part')) rmSync(join(folder, name), { force: true });
    const orders: CheckpointThreadOrders = { latestFile: join(workDir, CHILD_FILES.checkpoint), logFile: join(workDir, CHILD_FILES.checkpointLog), maxWaitingBytes, done: this.#done };
    this.#worker = new Worker(new URL('./checkpoint-thread.mjs', import.meta.url), { workerData: orders, env: {}, execArgv: [] });
    this.#worker.on('message', () => this.#wake?.());
    this.#worker.on('error', (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#wake?.();
    });
  }

  /** Takes over the bytes. Where the run stops or waits here, it returns when they are on disk. */
  async keep(bytes: Uint8Array, event: CheckpointEvent): Promise<void> {
    const { reason, ...facts } = event;
    if (reason === 'stop' || !this.#keepsLinks) {
      await this.#send({ bytes });
      return reason === 'stop' ? this.#idle() : undefined;
    }
    const line: CheckpointLine = { ...facts, isLink: reason === 'link', sizeBytes: bytes.length };
    await this.#send({ bytes, file: checkpointFile(this.#workDir, event.step), line: JSON.stringify(line) });
  }

  /** Returns when all is on disk; what a full disk still has no room for is lost. */
  async flush(): Promise<void> {
    await this.#send(undefined);
    await this.#idle();
  }

  async #send(work: CheckpointWork | undefined): Promise<void> {
    await this.#idle();
    this.#sent += 1;
    this.#worker.postMessage(work, work === undefined ? [] : [work.bytes.buffer as ArrayBuffer]);
  }

  async #idle(): Promise<void> {
    while (Atomics.load(this.#done, 0) < this.#sent && this.#failure === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
