import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGraph } from '../graph/parse.ts';
import { countFlops } from '../graph/shapes.ts';
import { parseCyxwiz } from '../money/amount.ts';
import { amountForDeadline, estimateDurationMs, medianPrice, priceJob, REFERENCE_FLOPS_PER_SAMPLE } from './quote.ts';

const work = { flopsPerSample: REFERENCE_FLOPS_PER_SAMPLE, samples: 8_000, epochs: 3 };

describe('priceJob', () => {
  it('quotes 50 CYXWIZ for ten minutes at the default price, and splits it 45 + 5', () => {
    const quote = priceJob({ ...work, offers: [{ pricePerHourBase: parseCyxwiz('300'), samplesPerSecond: 2_000 }], deadlineMs: 600_000 });
    expect(quote).toMatchObject({ amountBase: parseCyxwiz('50'), nodeBase: parseCyxwiz('45'), platformBase: parseCyxwiz('5') });
    expect(quote.estimatedDurationMs).toBe(12_000 + 5_000);
  });

  it('never pays a node less than its price, nor one unit more than rounding needs', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 15n), fc.integer({ min: 1, max: 604_800_000 }), (price, deadlineMs) => {
        const amount = amountForDeadline(price, deadlineMs);
        const exact = price * BigInt(deadlineMs);
        expect(amount * 3_600_000n).toBeGreaterThanOrEqual(exact);
        expect((amount - 1n) * 3_600_000n).toBeLessThan(exact);
      }),
    );
  });

  it('takes a price at which at least half of the nodes qualify', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(1n, 1000n), { minLength: 1, maxLength: 30 }), (prices) => {
        const median = medianPrice(prices);
        expect(prices).toContain(median);
        expect(prices.filter((price) => price <= median).length * 2).toBeGreaterThanOrEqual(prices.length);
      }),
    );
  });

  it('refuses a deadline in which no node could finish, and says which would do', () => {
    const offers = [{ pricePerHourBase: 1n, samplesPerSecond: 1_000 }];
    expect(() => priceJob({ ...work, offers, deadlineMs: 20_000 })).toThrow(/too short: this job takes about 0\.5 min/);
    expect(priceJob({ ...work, offers, deadlineMs: 29_000 }).estimatedDurationMs).toBe(29_000);
  });

  it('measures speed on the model that the nodes measure with', () => {
    const graph = parseGraph(readFileSync(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8'));
    expect(countFlops(graph)).toBe(REFERENCE_FLOPS_PER_SAMPLE);
  });

  it('refuses to price without offers', () => {
    expect(() => priceJob({ ...work, offers: [], deadlineMs: 60_000 })).toThrow(RangeError);
  });
});

describe('estimateDurationMs', () => {
  it('scales with the model, and ignores unmeasured nodes', () => {
    const offers = [{ samplesPerSecond: 0 }, { samplesPerSecond: 1_000 }];
    const small = estimateDurationMs({ ...work, offers, deadlineMs: 10_000_000 });
    const big = estimateDurationMs({ ...work, flopsPerSample: 4 * REFERENCE_FLOPS_PER_SAMPLE, offers, deadlineMs: 10_000_000 });
    expect(big - 5_000).toBe(4 * (small - 5_000));
    expect(estimateDurationMs({ ...work, offers: [], deadlineMs: 6_000 })).toBe(6_000);
  });
});
