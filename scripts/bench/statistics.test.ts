import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternate, median, pairedRatio, quantile, spreadOf } from './statistics.ts';

const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20);
    expect(quantile([0, 100], 0.99)).toBeCloseTo(99, 10);
  });

  it('of one number is that number, of none is not a number', () => {
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });

  it('lies within the numbers, rises with q and does not touch its input', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (numbers, a, b) => {
        const before = [...numbers];
        const [low, high] = [quantile(numbers, Math.min(a, b)), quantile(numbers, Math.max(a, b))];
        expect(low).toBeGreaterThanOrEqual(Math.min(...numbers));
        expect(high).toBeLessThanOrEqual(Math.max(...numbers));
        expect(low).toBeLessThanOrEqual(high);
        expect(numbers).toEqual(before);
      }),
    );
  });
});

describe('pairedRatio', () => {
  it('is not moved by a machine that slows down for a while', () => {
    const calm = [1, 2, 3].map(() => ({ ours: 12, peer: 10 }));
    const slow = [1, 2].map(() => ({ ours: 120, peer: 100 }));
    expect(pairedRatio([...calm, ...slow])).toEqual({ ratio: 1.2, spread: [1.2, 1.2] });
  });

  it('has the middle half of the ratios as its spread', () => {
    const pairs = [1, 2, 3, 4, 5].map((ours) => ({ ours, peer: 1 }));
    expect(pairedRatio(pairs)).toEqual({ ratio: 3, spread: [2, 4] });
    expect(spreadOf([1, 2, 3, 4, 5])).toEqual([2, 4]);
  });
});

describe('alternate', () => {
  it('runs one at a time and changes who begins', async () => {
    const order: string[] = [];
    const note = (who: string) => async (round: number) => {
      order.push(`${who}${round} begins`);
      await Promise.resolve();
      order.push(`${who}${round} ends`);
      return round;
    };
    expect(await alternate(2, note('a'), note('b'))).toEqual([
      { ours: 0, peer: 0 },
      { ours: 1, peer: 1 },
    ]);
    expect(order.filter((line) => line.endsWith('begins'))).toEqual(['a0 begins', 'b0 begins', 'b1 begins', 'a1 begins']);
    expect(order.map((line) => line.split(' ')[0])).toEqual(['a0', 'a0', 'b0', 'b0', 'b1', 'b1', 'a1', 'a1']);
  });
});
