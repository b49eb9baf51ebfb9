import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkpointEverySteps,
  LINK_SHARE,
  linkCosts,
  MAX_LINKS,
  MAX_STEPS_BETWEEN_LINKS,
  MIN_STEPS_BETWEEN_LINKS,
  stateBytesOf,
  type PlannedRun,
} from './checkpoint-plan.ts';

const runs = fc.record({
  totalSteps: fc.integer({ min: 1, max: 2_000_000 }),
  stateBytes: fc.integer({ min: 4, max: 2_400_000_000 }),
  flopsPerStep: fc.double({ min: 0, max: 1e15, noNaN: true }),
});
const linksOf = ({ totalSteps }: PlannedRun, every: number): number => Math.ceil(totalSteps / every);
const shareOf = (run: PlannedRun, every: number): number => {
  const { linkSeconds, stepSeconds } = linkCosts(run);
  return linkSeconds / (every * stepSeconds);
};

describe('checkpointEverySteps', () => {
  it('keeps to its bounds for every run', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const every = checkpointEverySteps(run);
        expect(Number.isInteger(every)).toBe(true);
        expect(every).toBeLessThanOrEqual(Math.min(MAX_STEPS_BETWEEN_LINKS, run.totalSteps));
        expect(every).toBeGreaterThanOrEqual(Math.min(MIN_STEPS_BETWEEN_LINKS, run.totalSteps));
        expect(linksOf(run, every)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('has at most 64 links that cost at most 3 %, where a thousand steps allow for it', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const every = checkpointEverySteps(run);
        if (every === MAX_STEPS_BETWEEN_LINKS || every === run.totalSteps) return;
        expect(linksOf(run, every)).toBeLessThanOrEqual(MAX_LINKS);
        expect(shareOf(run, every)).toBeLessThanOrEqual(LINK_SHARE * (1 + 1e-9));
      }),
    );
  });

  it('takes no more steps than one of the bounds asks for', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const every = checkpointEverySteps(run);
        if (every <= Math.min(MIN_STEPS_BETWEEN_LINKS, run.totalSteps)) return;
        expect(linksOf(run, every - 1) > MAX_LINKS || shareOf(run, every - 1) > LINK_SHARE).toBe(true);
      }),
    );
  });

  it('grows with the state and shrinks with the work', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 100 }), (run, factor) => {
        const every = checkpointEverySteps(run);
        expect(checkpointEverySteps({ ...run, stateBytes: run.stateBytes * factor })).toBeGreaterThanOrEqual(every);
        expect(checkpointEverySteps({ ...run, flopsPerStep: run.flopsPerStep * factor })).toBeLessThanOrEqual(every);
      }),
    );
  });

  it.each<[string, PlannedRun, number]>([
    ['a run of three steps', { totalSteps: 3, stateBytes: 1_000, flopsPerStep: 1e12 }, 3],
    ['much work and a small state', { totalSteps: 300, stateBytes: 1_000, flopsPerStep: 1e12 }, 5],
    ['a long run', { totalSteps: 6_400, stateBytes: 1_000, flopsPerStep: 1e12 }, 100],
    ['a longer one than the bounds fit', { totalSteps: 1_000_000, stateBytes: 1_000, flopsPerStep: 1e12 }, 1_000],
    // 20 ms + 1.5 MB / 150 MB/s = 30 ms a link; a step of 4 ms: 3 % of 250 steps.
    ['a state of 1.5 MB', { totalSteps: 1_000, stateBytes: 1_500_000, flopsPerStep: 80e6 }, 250],
  ])('%s', (_, run, every) => {
    expect(checkpointEverySteps(run)).toBe(every);
  });
});

describe('stateBytesOf', () => {
  it('counts weights once and slots for what is trained', () => {
    const parameters = { trainable: 10, frozen: 3, total: 13 };
    expect([stateBytesOf(parameters, 'sgd'), stateBytesOf(parameters, 'momentum'), stateBytesOf(parameters, 'adam')]).toEqual([52, 92, 132]);
  });
});
