import { z } from 'zod';

/** Sums over some steps; `loss` adds each step's mean loss. */
export const sumsSchema = z.strictObject({
  steps: z.int().min(0),
  samples: z.int().min(0),
  loss: z.number(),
  correct: z.int().min(0),
});
export type Sums = z.output<typeof sumsSchema>;

export const NO_SUMS: Sums = { steps: 0, samples: 0, loss: 0, correct: 0 };

export function addSums(a: Sums, b: Sums): Sums {
  return { steps: a.steps + b.steps, samples: a.samples + b.samples, loss: a.loss + b.loss, correct: a.correct + b.correct };
}

export function meanLoss(sums: Sums): number {
  return sums.loss / Math.max(1, sums.steps);
}

export function accuracyOf(sums: Sums): number {
  return sums.correct / Math.max(1, sums.samples);
}

/** From which step on (counted from 1) a run was on a device, named by everything that decides a result's last bits. */
export const deviceSpanSchema = z.strictObject({ fromStep: z.int().min(1), device: z.string() });
export type DeviceSpan = z.output<typeof deviceSpanSchema>;

/** All that a run needs besides its tensors to go on as if it had never stopped. */
export const runStateSchema = z.strictObject({
  /** Steps done. The batch cursor follows from it: epoch = floor(step / steps per epoch). */
  step: z.int().min(0),
  /** The commitment chain so far. */
  chainHex: z.string().regex(/^[0-9a-f]{64}$/),
  /** Since the last link of the chain. */
  sinceLink: sumsSchema,
  /** In the epoch of the last step. */
  inEpoch: sumsSchema,
  /** Time in the loop up to here, over all starts. */
  trainingMs: z.number().min(0),
  /** Where the run was, in order: more than one entry means that its bits belong to no single device class. */
  devices: z.array(deviceSpanSchema).default([]),
});
export type RunState = z.output<typeof runStateSchema>;

/** Notes that a run goes on with `step` on a device; no entry where it is still on the same one, or none is named. */
export function continuedOn(devices: readonly DeviceSpan[], device: string | undefined, step: number): DeviceSpan[] {
  if (device === undefined || devices.at(-1)?.device === device) return [...devices];
  // A start that did no step left no trace in the result.
  return [...devices.filter(({ fromStep }) => fromStep < step), { fromStep: step, device }];
}
