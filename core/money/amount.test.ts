import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseFromString, BASE_PER_CYXWIZ, formatCyxwiz, MAX_BASE, parseCyxwiz } from './amount.ts';

describe('amounts', () => {
  it.each([
    ['50', 50_000_000_000n],
    ['0.5', 500_000_000n],
    ['0.000000001', 1n],
    [' 1.000000001 ', 1_000_000_001n],
    ['18446744073.709551615', MAX_BASE],
  ])('reads %s', (text, amountBase) => {
    expect(parseCyxwiz(text)).toBe(amountBase);
  });

  it.each(['', '-1', '1.', '.5', '1e9', '1.0000000001', '0x10', '18446744073.709551616', '1,5', 'NaN'])('refuses "%s"', (text) => {
    expect(() => parseCyxwiz(text)).toThrowError(/INVALID_INPUT|not an amount|larger/);
  });

  it('shows at least three decimals and never rounds', () => {
    expect(formatCyxwiz(45n * BASE_PER_CYXWIZ)).toBe('45.000');
    expect(formatCyxwiz(1n)).toBe('0.000000001');
    expect(formatCyxwiz(-1_500_000_000n)).toBe('-1.500');
  });

  it('reads back what it shows', () => {
    fc.assert(fc.property(fc.bigInt(0n, MAX_BASE), (amountBase) => void expect(parseCyxwiz(formatCyxwiz(amountBase))).toBe(amountBase)));
  });

  it('crosses Temporal as a decimal string', () => {
    fc.assert(fc.property(fc.bigInt(0n, MAX_BASE), (amountBase) => void expect(baseFromString(amountBase.toString())).toBe(amountBase)));
    expect(() => baseFromString('12.5')).toThrow();
    expect(() => baseFromString('99999999999999999999')).toThrow();
  });
});
