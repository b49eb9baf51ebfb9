import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIN_STAKE_BASE, slashAmount, splitPayout } from '../money/split.ts';
import { auditRate, MIN_AUDIT_RATE } from './audit-rate.ts';
import { chanceOfDiscovery, gainOfLying } from './profit.ts';

const segmentCounts = fc.integer({ min: 1, max: 200 });
const amounts = fc.bigInt({ min: 1_000n, max: 10n ** 15n });

describe('at the rate that is chosen', () => {
  it('lying in any number of segments never brings more than honesty, from a slash of a quarter of the amount up', () => {
    fc.assert(
      fc.property(fc.nat(10_000), segmentCounts, amounts, fc.integer({ min: 250, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (goodStreak, segments, amountBase, slashPermille, costShare) => {
        const slashBase = (amountBase * BigInt(slashPermille) + 999n) / 1000n;
        const rate = auditRate({ goodStreak, segments, slashBase, amountBase });
        const pay = Number(splitPayout(amountBase).nodeBase) / Number(amountBase);
        const slash = Number(slashBase) / Number(amountBase);
        for (let lies = 1; lies <= segments; lies++) {
          expect(gainOfLying({ segments, lies, rate, pay, cost: pay * costShare, slash })).toBeLessThanOrEqual(1e-12);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a new node that lies in a tenth of its segments is found out with at least 99 %', () => {
    fc.assert(
      fc.property(segmentCounts, amounts, fc.bigInt({ min: 0n, max: 10n ** 15n }), (segments, amountBase, slashBase) => {
        const rate = auditRate({ goodStreak: 0, segments, slashBase, amountBase });
        expect(chanceOfDiscovery(rate, Math.ceil(segments / 10))).toBeGreaterThanOrEqual(0.99);
      }),
    );
  });

  it('work for which nobody can be slashed any more is found out with 99 % where all of it is a lie', () => {
    fc.assert(
      fc.property(fc.nat(10_000), segmentCounts, amounts, (goodStreak, segments, amountBase) => {
        expect(chanceOfDiscovery(auditRate({ goodStreak, segments, slashBase: 0n, amountBase }), segments)).toBeGreaterThanOrEqual(0.99);
      }),
    );
  });
});

describe('the rate', () => {
  it('falls with every good job to a floor, and rises with what the job is worth against the stake', () => {
    const slashBase = slashAmount(MIN_STAKE_BASE, 'invalid');
    const rate = (goodStreak: number, amountBase = MIN_STAKE_BASE / 2n): number => auditRate({ goodStreak, segments: 64, slashBase, amountBase });
    expect([rate(0), rate(1), rate(4)]).toEqual([1, 0.5, 0.2]);
    expect(rate(100)).toBeCloseTo(0.01702, 5);
    expect(rate(1_000_000)).toBe(rate(100));
    expect(rate(1_000_000, 1n)).toBe(MIN_AUDIT_RATE);
    expect(rate(100, MIN_STAKE_BASE)).toBeCloseTo(0.02483, 5);
  });

  it('would let lying pay below its floor', () => {
    const [segments, pay, slash] = [64, 0.9, 0.25];
    const floor = auditRate({ goodStreak: 10 ** 9, segments, slashBase: 250n, amountBase: 1_000n });
    const gain = (rate: number): number => gainOfLying({ segments, lies: segments, rate, pay, cost: pay, slash });
    expect(gain(floor)).toBeLessThan(0);
    expect(gain(floor * 0.9)).toBeGreaterThan(0);
  });

  it('is one for a job of a single segment that is worth more than what could be taken', () => {
    expect(auditRate({ goodStreak: 50, segments: 1, slashBase: 25n, amountBase: 100n })).toBeCloseTo(0.8);
    expect(auditRate({ goodStreak: 0, segments: 0, slashBase: 0n, amountBase: 100n })).toBe(1);
  });
});
