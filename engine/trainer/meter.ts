import { addSums, NO_SUMS, type Sums } from './state.ts';
import type { Stepper } from './stepper.ts';

/**
 * Collects what steps give without reading each: results may wait on the device and come over together. The sums are
 * the same whenever they are read, since every step's values are added on the host in the order of the steps.
 */
export class Meter {
  readonly #stepper: Stepper;
  #samples: number[] = [];
  /** Since the last link of the commitment chain. */
  sinceLink: Sums;
  /** In the running epoch. */
  inEpoch: Sums;
  /** Since the last report. */
  sinceReport: Sums = NO_SUMS;

  constructor(stepper: Stepper, start: { readonly sinceLink: Sums; readonly inEpoch: Sums }) {
    this.#stepper = stepper;
    this.sinceLink = start.sinceLink;
    this.inEpoch = start.inEpoch;
  }

  /** Notes that a step of so many samples was run. */
  add(samples: number): void {
    this.#samples.push(samples);
  }

  /** Brings all sums up to date. @throws CyxError TRAINING_DIVERGED naming the first step whose loss is not finite. */
  read(): void {
    if (this.#samples.length === 0) return;
    const samples = this.#samples;
    this.#samples = [];
    for (const [index, { loss, correct }] of this.#stepper.readMetrics().entries()) {
      this.#count({ steps: 1, samples: samples[index] as number, loss, correct });
    }
  }

  #count(sums: Sums): void {
    this.sinceLink = addSums(this.sinceLink, sums);
    this.inEpoch = addSums(this.inEpoch, sums);
    this.sinceReport = addSums(this.sinceReport, sums);
  }
}
