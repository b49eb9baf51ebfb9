import { setImmediate as breathe } from 'node:timers/promises';
import { checkValue, factorMatrix, nonceVectors } from '#core/hardware/challenge/maths';
import type { ChallengeTask } from '#core/hardware/challenge/task';

/** So long other requests wait at most. */
const SLICE_MS = 8;

export type AnswerCheck = (task: ChallengeTask, nonce: string, values: readonly { readonly at: number; readonly value: number }[]) => Promise<boolean>;

/**
 * Recomputes values of answers beside everything else that this process does: in slices of a few milliseconds, one
 * answer after the other, so that many at once take their time and no more of the processor.
 */
export function createAnswerCheck(): AnswerCheck {
  let last: Promise<unknown> = Promise.resolve();
  return (task, nonce, values) => {
    const checked = last.then(() => checkAll(task, nonce, values));
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
