import { toCyxError } from '#core/errors/cyx-error';
import type { RepairReport } from './repair.ts';
import type { StorageLog } from './types.ts';

/** Repairs in the background, one object at a time, each object at most once in the queue. */
export class RepairQueue {
  readonly #waiting = new Set<string>();
  readonly #repair: (cid: string) => Promise<RepairReport>;
  readonly #log: StorageLog;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(repair: (cid: string) => Promise<RepairReport>, log: StorageLog) {
    this.#repair = repair;
    this.#log = log;
  }

  add(cid: string): void {
    if (this.#closed) return;
    this.#waiting.add(cid);
    this.#running ??= this.#work();
  }

  /** Resolves when nothing is left to repair. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Drops what waits and lets the repair under way finish. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await this.idle();
  }

  async #work(): Promise<void> {
    for (const cid of this.#waiting) {
      this.#waiting.delete(cid);
      try {
        const { repairedShards } = await this.#repair(cid);
        if (repairedShards.length > 0) this.#log('info', 'Shards repaired', { cid, repairedShards });
      } catch (error) {
        // The object stays as it is and the next read or start asks again; the operator must see it.
        this.#log('error', 'Repair failed', { cid, code: toCyxError(error).code, reason: String(error) });
      }
    }
    this.#running = undefined;
  }
}
