import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';

const LOOK_MS = 20;

/** Looks until it holds; false where it did not in time. */
export async function until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
  for (const giveUpAtMs = performance.now() + timeoutMs; ; await sleep(LOOK_MS)) {
    if (holds()) return true;
    if (performance.now() > giveUpAtMs) return false;
  }
}

const AGAIN_MS = 400;

/** Asks again while the platform is away, as any client has to. What it refuses stays refused. */
export async function persistently<T>(call: () => Promise<T>, withinMs: number, alsoWhen: (error: CyxError) => boolean = () => false): Promise<T> {
  for (const giveUpAtMs = performance.now() + withinMs; ; await sleep(AGAIN_MS)) {
    try {
      return await call();
    } catch (error) {
      const isPassing = !(error instanceof CyxError) || error.spec.retryable || alsoWhen(error);
      if (!isPassing || performance.now() > giveUpAtMs) throw error;
    }
  }
}
