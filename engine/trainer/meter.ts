import { CyxError } from '#core/errors/cyx-error';
import type { Tf } from '../backend.ts';
import type { StepResult } from './stepper.ts';
import { addSums, NO_SUMS, type Sums } from './state.ts';

interface Pending extends StepResult {
  readonly step: number;
}

/** So many results may wait on the device before they are read. */
const MAX_PENDING = 64;

/**
 * Collects what steps give without reading each: results wait on the device and come over together. The sums are
 * the same whenever they are read, since every step's values are added on the host in the order of the steps.
 */
export class Meter {
  readonly #tf: Tf;
  #pending: Pending[] = [];
  /** Since the last link of the commitment chain. */
  sinceLink: Sums;
  /** In the running epoch. */
  inEpoch: Sums;
  /** Since the last report. */
  sinceReport: Sums = NO_SUMS;

  constructor(tf: Tf, start: { readonly sinceLink: Sums; readonly inEpoch: Sums }) {
    this.#tf = tf;
    this.sinceLink = start.sinceLink;
    this.inEpoch = start.inEpoch;
  }

  add(step: number, result: StepResult): void {
    this.#pending.push({ step, ...result });
    if (this.#pending.length >= MAX_PENDING) this.read();
  }

  /** Brings all sums up to date. @throws CyxError TRAINING_DIVERGED naming the first step whose loss is not finite. */
  read(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const tf = this.#tf;
    const losses = tf.tidy(() => tf.stack(pending.map(({ loss }) => loss)).dataSync());
    const corrects = tf.tidy(() => tf.stack(pending.map(({ correct }) => correct)).dataSync());
    tf.dispose(pending.flatMap(({ loss, correct }) => [loss, correct]));
    for (const [index, { step, samples }] of pending.entries()) {
      const loss = losses[index] as number;
      if (!Number.isFinite(loss)) throw diverged(step, loss);
      this.#count({ steps: 1, samples, loss, correct: corrects[index] as number });
    }
  }

  #count(sums: Sums): void {
    this.sinceLink = addSums(this.sinceLink, sums);
    this.inEpoch = addSums(this.inEpoch, sums);
    this.sinceReport = addSums(this.sinceReport, sums);
  }
}

function diverged(step: number, loss: number): CyxError {
  return new CyxError('TRAINING_DIVERGED', `The loss became ${loss} at step ${step}. Try a smaller learning rate, or BatchNorm layers`, {
    facts: { step: String(step) },
  });
}
