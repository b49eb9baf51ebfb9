/** Fetching the data, starting the trainer and storing the model, on a slow line or a machine that has just woken up. */
const SETTING_UP_MS = 60_000;

/**
 * A node that had a job for this long and has no result is late by its own fault (ms). The quote's estimate is for the
 * median of the nodes: one that is half as fast, and still within what may be claimed, has done nothing wrong.
 */
export function fairTimeMs(estimatedDurationMs: number): number {
  return SETTING_UP_MS + 2 * estimatedDurationMs;
}
