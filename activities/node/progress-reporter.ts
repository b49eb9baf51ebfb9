import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import type { ProgressLine } from '#engine/node/child-contract';
import { BackgroundWork } from './background-work.ts';
import { writeJson } from './json-file.ts';
import type { NodeLog, PlatformPort } from './ports.ts';
import { readJournal, RUN_FILES, type Journal } from './run-dir.ts';
import type { Run } from './supervisor.ts';

const IDLE_MS = 200;
const RETRY = { firstMs: 500, maxMs: 5_000 } as const;
/** The cursor is a convenience (the platform ignores repeats), so it need not reach the disk with every line. */
const SAVE_EVERY_MS = 1_000;

export function updateJournal(dir: string, change: Partial<Journal>): void {
  writeJson(join(dir, RUN_FILES.journal), { ...readJournal(dir), ...change });
}

/**
 * Tells the platform every line of progress, in order. The progress file is the buffer: while the platform is down
 * nothing is read, nothing grows in memory, and afterwards it goes on with the very next line, also in a new process.
 */
export class ProgressReporter extends BackgroundWork {
  readonly #run: Run;
  readonly #platform: PlatformPort;
  readonly #log: NodeLog;
  #savedAtMs = 0;

  constructor(run: Run, platform: PlatformPort, log: NodeLog) {
    super();
    this.#run = run;
    this.#platform = platform;
    this.#log = log;
  }

  /** Fails where the platform refused for good: the attempt is not this node's any more. */
  protected async work(): Promise<void> {
    const tail = this.#run.tail(readJournal(this.#run.dir).reportedSequence);
    for (;;) {
      const last = this.draining;
      const lines = tail.read();
      for (const line of lines) await this.#tell(line);
      if (last) return;
      if (lines.length === 0) await sleep(IDLE_MS, undefined, { signal: this.signal });
    }
  }

  async #tell(line: ProgressLine): Promise<void> {
    for (let delayMs: number = RETRY.firstMs; ; delayMs = Math.min(delayMs * 2, RETRY.maxMs)) {
      this.signal.throwIfAborted();
      try {
        await this.#platform.reportProgress({ ...this.#run.key, ...line });
        break;
      } catch (error) {
        if (!(error instanceof CyxError) || !error.spec.retryable) throw error;
        this.#log.warn({ ...this.#run.key, sequence: line.sequence, code: error.code }, 'Progress is kept until the platform answers');
        await sleep(delayMs, undefined, { signal: this.signal });
      }
    }
    this.#save(line.sequence);
  }

  #save(reportedSequence: number): void {
    if (Date.now() - this.#savedAtMs < SAVE_EVERY_MS) return;
    this.#savedAtMs = Date.now();
    updateJournal(this.#run.dir, { reportedSequence });
  }
}
