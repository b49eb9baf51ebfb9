import { describe, expect, it } from 'vitest';
import { toWire } from './wire.ts';

describe('toWire', () => {
  it('turns money and times into strings at any depth and leaves the rest', () => {
    const view = { amountBase: 18_446_744_073_709_551_615n, at: new Date(0), items: [{ stakeBase: 1n, name: null }], count: 3 };
    expect(toWire(view)).toEqual({
      amountBase: '18446744073709551615',
      at: '1970-01-01T00:00:00.000Z',
      items: [{ stakeBase: '1', name: null }],
      count: 3,
    });
  });
});
