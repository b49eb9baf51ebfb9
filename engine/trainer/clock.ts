/** Keeps a run's times: pauses are no part of them. */
export class RunClock {
  readonly #earlierMs: number;
  readonly #steps: number;
  #startedMs = performance.now();
  #reportedMs = this.#startedMs;
  #checkpointedMs = this.#startedMs;
  #deviceMs = 0;
  /** When the first step of this start was done: it warms up, and says little about the others. */
  #first: { readonly step: number; readonly atMs: number } | undefined;

  constructor(earlierMs: number, steps: number) {
    this.#earlierMs = earlierMs;
    this.#steps = steps;
  }

  /** Time in the loop, over all starts. */
  trainingMs(): number {
    return this.#earlierMs + (performance.now() - this.#startedMs);
  }

  /** Runs what the device is busy with until it returns. */
  onDevice<T>(work: () => T): T {
    const fromMs = performance.now();
    try {
      return work();
    } finally {
      this.#deviceMs += performance.now() - fromMs;
    }
  }

  /** Waits without counting the time. */
  async outside(wait: Promise<void>): Promise<void> {
    const fromMs = performance.now();
    await wait;
    const waitedMs = performance.now() - fromMs;
    this.#startedMs += waitedMs;
    this.#reportedMs += waitedMs;
    this.#checkpointedMs += waitedMs;
    if (this.#first !== undefined) this.#first = { ...this.#first, atMs: this.#first.atMs + waitedMs };
  }

  sinceReportMs(): number {
    return performance.now() - this.#reportedMs;
  }

  sinceCheckpointMs(): number {
    return performance.now() - this.#checkpointedMs;
  }

  checkpointed(): void {
    this.#checkpointedMs = performance.now();
  }

  /** Closes the time since the previous report. */
  report(step: number): { readonly intervalMs: number; readonly deviceShare: number; readonly etaMs: number } {
    const nowMs = performance.now();
    const intervalMs = Math.max(1, nowMs - this.#reportedMs);
    const deviceShare = Math.min(1, this.#deviceMs / intervalMs);
    this.#reportedMs = nowMs;
    this.#deviceMs = 0;
    this.#first ??= { step, atMs: nowMs };
    const stepMs = step > this.#first.step ? (nowMs - this.#first.atMs) / (step - this.#first.step) : intervalMs;
    return { intervalMs, deviceShare, etaMs: Math.round(stepMs * (this.#steps - step)) };
  }
}
