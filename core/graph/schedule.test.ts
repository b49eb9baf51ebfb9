import { describe, expect, it } from 'vitest';
import { learningRateAt, scheduleSchema, type RatePlan } from './schedule.ts';

const STEPS = 100;

function rates(plan: Omit<RatePlan, 'learningRate' | 'schedule'> & { schedule?: object }): number[] {
  const schedule = plan.schedule === undefined ? undefined : scheduleSchema.parse(plan.schedule);
  return Array.from({ length: STEPS }, (_, index) => learningRateAt({ ...plan, learningRate: 2, schedule }, index + 1, STEPS));
}

describe('learningRateAt', () => {
  it('is what was chosen where nothing else was', () => {
    expect(new Set(rates({}))).toEqual(new Set([2]));
    expect(new Set(rates({ schedule: { kind: 'constant' } }))).toEqual(new Set([2]));
  });

  it('falls in steps', () => {
    const all = rates({ schedule: { kind: 'step', everySteps: 40, factor: 0.5 } });
    expect([all[0], all[39], all[40], all[79], all[80], all[99]]).toEqual([2, 2, 1, 1, 0.5, 0.5]);
  });

  it('falls along a cosine', () => {
    const all = rates({ schedule: { kind: 'cosine', finalFactor: 0.1 } });
    expect(all[0]).toBe(2);
    expect(all[50]).toBeCloseTo(1.1, 12);
    expect(all[99]).toBeCloseTo(0.2 + 0.9 * (1 + Math.cos(0.99 * Math.PI)), 12);
    expect(all.every((rate, at) => at === 0 || rate < (all[at - 1] ?? 0))).toBe(true);
  });

  it('warms up evenly before its schedule', () => {
    const all = rates({ warmUpSteps: 4, schedule: { kind: 'cosine' } });
    expect(all.slice(0, 5)).toEqual([0.5, 1, 1.5, 2, 2]);
    expect(all[52]).toBeCloseTo(1, 12);
  });

  it('goes up and down once', () => {
    const all = rates({ schedule: { kind: 'oneCycle', warmUpShare: 0.25 } });
    const peak = all.indexOf(Math.max(...all));
    expect(all[0]).toBeCloseTo(2 / 25, 12);
    expect(peak).toBe(25);
    expect(all[peak]).toBe(2);
    expect(all[99]).toBeCloseTo(2 / 25 / 1e4, 12);
    expect(all.every((rate, at) => at === 0 || rate > (all[at - 1] ?? 0) === at <= peak)).toBe(true);
  });

  it('is always above zero for a run of any length, but at a cosine\'s very end', () => {
    for (const steps of [1, 2, 3]) {
      for (const schedule of [scheduleSchema.parse({ kind: 'oneCycle' }), scheduleSchema.parse({ kind: 'cosine' })]) {
        for (let step = 1; step <= steps; step++) expect(learningRateAt({ learningRate: 1, schedule }, step, steps)).toBeGreaterThan(0);
      }
    }
  });
});
