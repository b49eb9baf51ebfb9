import { setImmediate as breathe } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { checkValue, factorMatrix, nonceVectors } from '#core/hardware/challenge/maths';
import type { ChallengeTask } from '#core/hardware/challenge/task';

/** So long other requests wait at most. */
const SLICE_MS = 8;
/** Each waits with an answer of some megabytes. */
const MAX_WAITING = 16;

export type AnswerCheck = (task: ChallengeTask, nonce: string, values: readonly { readonly at: number; readonly value: number }[]) => Promise<boolean>;

/**
 * Recomputes values of answers beside everything else that this process does: in slices of a few milliseconds, one
 * answer after the other, so that many at once take their time and no more of the processor.
 */
export function createAnswerCheck(): AnswerCheck {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (task, nonce, values) => {
    if (waiting >= MAX_WAITING) return Promise.reject(new CyxError('RATE_LIMITED', 'Too many machines show what they can do at the moment. Begin a new challenge in a minute.'));
    waiting += 1;
    const checked = last.then(() => checkAll(task, nonce, values)).finally(() => (waiting -= 1));
    last = checked.catch(() => undefined);
    return checked;
  };
}

async function checkAll(...[task, nonce, values]: Parameters<AnswerCheck>): Promise<boolean> {
  const factor = factorMatrix(task);
  const vectors = nonceVectors(nonce, task.side);
  for (const value of values) {
    const steps = checkValue(task, factor, vectors, value);
    let sliceEndsMs = performance.now() + SLICE_MS;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        if (!step.value) return false;
        break;
      }
      if (performance.now() < sliceEndsMs) continue;
      await breathe();
      sliceEndsMs = performance.now() + SLICE_MS;
    }
  }
  return true;
}
