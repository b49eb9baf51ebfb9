import { describe, expect, it } from 'vitest';
import { DOUBLE_OPS } from '../testing/double/double-ops.ts';
import { clipGradients } from './clip.ts';

const gradients = [DOUBLE_OPS.constant([3, 0]), DOUBLE_OPS.constant([0, -4])];
const clipped = (limits: Parameters<typeof clipGradients>[2]): number[][] => clipGradients(DOUBLE_OPS, gradients, limits).map(({ data }) => [...data]);

describe('clipGradients', () => {
  it('scales all together to the norm', () => {
    expect(clipped({ clipNorm: 2.5 })).toEqual([[1.5, 0], [0, -2]]);
  });

  it('leaves a smaller norm alone', () => {
    expect(clipped({ clipNorm: 5.5 })).toEqual([[3, 0], [0, -4]]);
  });

  it('cuts each value off', () => {
    expect(clipped({ clipValue: 3.5 })).toEqual([[3, 0], [0, -3.5]]);
  });

  it('does nothing where nothing was asked for', () => {
    expect(clipGradients(DOUBLE_OPS, gradients, {})).toBe(gradients);
    expect(clipGradients(DOUBLE_OPS, [], { clipNorm: 1 })).toEqual([]);
  });
});
