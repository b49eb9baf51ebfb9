import { isCancellation, log, sleep } from '@temporalio/workflow';

/**
 * Settling is never given up: a step that fails for good today (a chain that refuses, a bug) waits, shows up for
 * operators, and is tried again, until somebody mended what was wrong.
 */
export async function untilDone<T>(what: string, step: () => Promise<T>): Promise<T> {
  for (let waitMs = 5_000; ; waitMs = Math.min(waitMs * 2, 600_000)) {
    try {
      return await step();
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.error('a settlement step failed and is tried again', { what, waitMs, error: String(error) });
      await sleep(waitMs);
    }
  }
}
