import { z } from 'zod';

const factorSchema = z.number().gt(0).max(1);

/**
 * How the learning rate goes on, as a share of the one that was chosen:
 *
 * - `step`: times `factor` every `everySteps` steps
 * - `cosine`: from 1 along half a cosine to `finalFactor` at the end of the run (Loshchilov and Hutter 2017)
 * - `oneCycle`: from 1/startDivisor up to 1 along half a cosine in the first `warmUpShare` of the run, then down to
 *   1/(startDivisor·finalDivisor) (Smith 2018)
 */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  z.strictObject({ kind: z.literal('step'), everySteps: z.int().min(1).max(10_000_000), factor: factorSchema.default(0.1) }),
  z.strictObject({ kind: z.literal('cosine'), finalFactor: z.number().min(0).max(1).default(0) }),
  z.strictObject({
    kind: z.literal('oneCycle'),
    warmUpShare: z.number().gt(0).lt(1).default(0.3),
    startDivisor: z.number().min(1).max(1e6).default(25),
    finalDivisor: z.number().min(1).max(1e9).default(1e4),
  }),
]);
export type Schedule = z.output<typeof scheduleSchema>;

/** From `start` to `end` along half a cosine, as `share` goes from 0 to 1. */
function alongCosine(start: number, end: number, share: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * share))) / 2;
}

function factorAt(schedule: Schedule, step: number, steps: number): number {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** Math.floor(step / schedule.everySteps);
    case 'cosine':
      return alongCosine(1, schedule.finalFactor, Math.min(1, step / Math.max(1, steps)));
    case 'oneCycle': {
      // The peak lies on a step, and the last step has the least rate.
      const last = Math.max(1, steps - 1);
      const peak = Math.max(1, Math.round(schedule.warmUpShare * last));
      const start = 1 / schedule.startDivisor;
      if (step <= peak) return alongCosine(start, 1, step / peak);
      return alongCosine(1, start / schedule.finalDivisor, Math.min(1, (step - peak) / Math.max(1, last - peak)));
    }
  }
}

export interface RatePlan {
  readonly learningRate: number;
  readonly schedule?: Schedule | undefined;
  readonly warmUpSteps?: number | undefined;
}

/**
 * The learning rate of step number `step` (from 1) out of `steps`. Warm-up step k of n has k/n of the rate; the
 * schedule then runs over the steps that are left.
 */
export function learningRateAt(plan: RatePlan, step: number, steps: number): number {
  const warmUp = plan.warmUpSteps ?? 0;
  if (step <= warmUp) return plan.learningRate * (step / warmUp);
  return plan.learningRate * factorAt(plan.schedule ?? { kind: 'constant' }, step - 1 - warmUp, steps - warmUp);
}
