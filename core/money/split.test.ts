import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BASE } from './amount.ts';
import { slashAmount, splitPayout } from './split.ts';

describe('payout split', () => {
  it('pays 45 of 50 CYXWIZ to the node', () => {
    expect(splitPayout(50_000_000_000n)).toEqual({ nodeBase: 45_000_000_000n, platformBase: 5_000_000_000n });
  });

  it.each([
    [1n, 0n],
    [9n, 8n],
    [10n, 9n],
    [11n, 9n],
    [MAX_BASE, (MAX_BASE * 9n) / 10n],
  ])('rounds %s down to %s for the node', (amountBase, nodeBase) => {
    expect(splitPayout(amountBase)).toEqual({ nodeBase, platformBase: amountBase - nodeBase });
  });

  it('loses nothing and never pays the node more than 90 %', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, MAX_BASE), (amountBase) => {
        const { nodeBase, platformBase } = splitPayout(amountBase);
        expect(nodeBase + platformBase).toBe(amountBase);
        expect(nodeBase * 10n).toBeLessThanOrEqual(amountBase * 9n);
        expect(platformBase).toBeGreaterThanOrEqual(0n);
      }),
    );
  });

  it('refuses a negative amount', () => {
    expect(() => splitPayout(-1n)).toThrow(RangeError);
  });
});

describe('slashing', () => {
  it('takes the published shares of 100 CYXWIZ', () => {
    const stakeBase = 100_000_000_000n;
    expect(slashAmount(stakeBase, 'timeout')).toBe(10_000_000_000n);
    expect(slashAmount(stakeBase, 'invalid')).toBe(25_000_000_000n);
    expect(slashAmount(stakeBase, 'ban')).toBe(stakeBase);
  });

  it('never takes more than the stake', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, MAX_BASE), fc.constantFrom('timeout' as const, 'invalid' as const, 'ban' as const), (stakeBase, reason) => {
        const slashedBase = slashAmount(stakeBase, reason);
        expect(slashedBase).toBeGreaterThanOrEqual(0n);
        expect(slashedBase).toBeLessThanOrEqual(stakeBase);
      }),
    );
  });
});
