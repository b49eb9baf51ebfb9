import { CyxError } from '#core/errors/cyx-error';
import type { StorageActor } from './types.ts';

/** Every transfer holds buffers and 14 open files: beyond these numbers one caller could starve all others. */
const MAX_PER_SUBJECT = 16;
const MAX_TOGETHER = 64;
const RETRY_AFTER_SECONDS = '5';

export interface TransferLimit {
  /**
   * Runs a put or a get. The platform's own processes are counted, but never refused: they bound themselves.
   * @throws CyxError RATE_LIMITED at once, without running, where too many transfers are under way.
   */
  run<T>(actor: StorageActor, transfer: () => Promise<T>): Promise<T>;
}

export function createTransferLimit(): TransferLimit {
  const running = new Map<string, number>();
  let together = 0;

  function admit({ subject, role }: StorageActor): void {
    if (role === 'platform') return;
    if ((running.get(subject) ?? 0) >= MAX_PER_SUBJECT) {
      throw limited(`You have ${MAX_PER_SUBJECT} transfers under way, which is the most at a time: wait until one ends`);
    }
    if (together >= MAX_TOGETHER) throw limited('The storage gateway has as many transfers under way as it can take: try again in a moment');
  }

  return {
    async run(actor, transfer) {
      admit(actor);
      const { subject } = actor;
      running.set(subject, (running.get(subject) ?? 0) + 1);
      together += 1;
      try {
        return await transfer();
      } finally {
        together -= 1;
        const left = running.get(subject)! - 1;
        if (left === 0) running.delete(subject);
        else running.set(subject, left);
      }
    },
  };
}

function limited(message: string): CyxError {
  return new CyxError('RATE_LIMITED', message, { facts: { retryAfterSeconds: RETRY_AFTER_SECONDS } });
}
