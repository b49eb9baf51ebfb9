import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import type { NodeLog } from './ports.ts';

const TIMES = {
  /** A worker that lost its way to the platform is made anew after this. */
  restartMs: 2_000,
  /** A worker that ran this long was a good one. */
  goodAfterMs: 60_000,
  /** So long without a good worker: a new process is the better try. */
  badForAtMostMs: 120_000,
  lookMs: 1_000,
  /**
   * A worker in the state FAILED polls nothing, and may wait for ever for what it has still in hand. No other worker
   * can take its queue in the same process meanwhile.
   */
  failedForAtMostMs: 10_000,
} as const;
type Times = { readonly [K in keyof typeof TIMES]: number };

/** What this needs of the SDK's `Worker`. */
export interface RunnableWorker {
  run(): Promise<void>;
  getState(): string;
  shutdown(): void;
}

export interface WorkerLifeOptions {
  readonly create: () => Promise<RunnableWorker>;
  readonly queue: string;
  readonly log: NodeLog;
  /** The queue is not polled any more, and nothing in this process will change that. */
  readonly onBroken: (reason: Error) => void;
  readonly times?: Times;
}

/** One queue that is polled by one worker after another, for as long as the node wants it. */
export interface WorkerLife {
  /** Resolves once the worker ended, or after so long without that. */
  stop(withinMs: number): Promise<void>;
}

/** Resolves once the first worker is made; rejects where it can not be. */
export async function startWorkerLife(options: WorkerLifeOptions): Promise<WorkerLife> {
  const { queue, log, onBroken, times = TIMES } = options;
  let stopped = false;
  let worker = await options.create();

  const live = async (): Promise<void> => {
    for (let badSinceMs = Date.now(); Date.now() - badSinceMs < times.badForAtMostMs; ) {
      const sinceMs = Date.now();
      try {
        if (worker.getState() !== 'INITIALIZED') worker = await options.create();
        // It may have been told to stop while it was made.
        if (stopped) return;
        await untilEnded(worker, times);
      } catch (error) {
        if (error instanceof StuckWorker) throw error;
        log.warn({ err: error, queue }, 'A worker ended and is started again');
      }
      if (stopped) return;
      if (Date.now() - sinceMs > times.goodAfterMs) badSinceMs = Date.now();
      await sleep(times.restartMs);
      if (stopped) return;
    }
    throw new CyxError('UNAVAILABLE', `No worker for the queue ${queue} stays up`);
  };
  const life = live().catch((error: unknown) => {
    if (!stopped) onBroken(error instanceof Error ? error : new Error(String(error)));
  });
  return {
    async stop(withinMs) {
      stopped = true;
      if (worker.getState() === 'RUNNING') worker.shutdown();
      const late = new AbortController();
      const ended = await Promise.race([life.then(() => true), sleep(withinMs, false, { signal: late.signal }).catch(() => true)]);
      late.abort();
      if (!ended) log.warn({ queue }, 'A worker did not end in time and is left behind');
    },
  };
}

class StuckWorker extends Error {}

/** Ends with the worker, or a while after it failed without ending. */
async function untilEnded(worker: RunnableWorker, { lookMs, failedForAtMostMs }: Times): Promise<void> {
  const over = new AbortController();
  const watch = async (): Promise<never> => {
    for (let failedSinceMs: number | undefined; ; await sleep(lookMs, undefined, { signal: over.signal })) {
      if (worker.getState() === 'FAILED') failedSinceMs ??= Date.now();
      if (failedSinceMs !== undefined && Date.now() - failedSinceMs >= failedForAtMostMs) {
        throw new StuckWorker('A worker failed and does not end');
      }
    }
  };
  const watched = watch();
  watched.catch(() => undefined);
  try {
    await Promise.race([worker.run(), watched]);
  } finally {
    over.abort();
  }
}
