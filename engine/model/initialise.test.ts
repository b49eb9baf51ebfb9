import { describe, expect, it } from 'vitest';
import { initialValues } from './initialise.ts';

const stream = { seed: 3, fullName: 'layer.kernel' };

describe('initialValues', () => {
  it('gives rows of length 1 at right angles', () => {
    const [rows, columns] = [12, 48];
    const values = initialValues({ kind: 'orthogonal' }, [rows, columns], stream);
    for (let a = 0; a < rows; a++) {
      for (let b = 0; b <= a; b++) {
        let product = 0;
        for (let i = 0; i < columns; i++) product += (values[a * columns + i] as number) * (values[b * columns + i] as number);
        expect(Math.abs(product - Number(a === b))).toBeLessThan(1e-6);
      }
    }
  });

  it('gives blocks their values', () => {
    expect([...initialValues({ kind: 'block', blocks: [0, 1, 0, 0] }, [8], stream)]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  it.each([
    ['glorot', { kind: 'glorot', fanIn: 30, fanOut: 20 }, Math.sqrt(6 / 50)],
    ['uniform', { kind: 'uniform', limit: 0.05 }, 0.05],
  ] as const)('spreads %s evenly up to its limit', (_name, initialiser, limit) => {
    const values = initialValues(initialiser, [60, 50], stream);
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
    expect(Math.max(...values)).toBeGreaterThan(0.98 * limit);
    expect(Math.min(...values)).toBeLessThan(-0.98 * limit);
    expect(Math.abs(values.reduce((a, b) => a + b, 0) / values.length)).toBeLessThan(0.05 * limit);
  });

  it('depends on the name and the seed alone', () => {
    const kernel = (changes: object): string => initialValues({ kind: 'uniform', limit: 1 }, [4], { ...stream, ...changes }).join();
    expect(kernel({})).toBe(kernel({}));
    expect(new Set([kernel({}), kernel({ seed: 4 }), kernel({ fullName: 'other.kernel' })]).size).toBe(3);
  });
});
