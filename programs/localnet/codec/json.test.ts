import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringifyJson } from './json.ts';

describe('JSON with exact integers', () => {
  it('writes integers beyond 2^53 to the last digit', () => {
    expect(
      stringifyJson({ rentEpoch: 18_446_744_073_709_551_615n, lamports: 5n, below: -9_007_199_254_740_993n }),
    ).toBe('{"rentEpoch":18446744073709551615,"lamports":5,"below":-9007199254740993}');
  });

  it('leaves everything else to JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stringifyJson(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('keeps quoted digits quoted beside a large integer', () => {
    expect(stringifyJson({ amount: '18446744073709551615', lamports: 18_446_744_073_709_551_615n })).toBe(
      '{"amount":"18446744073709551615","lamports":18446744073709551615}',
    );
  });
});
