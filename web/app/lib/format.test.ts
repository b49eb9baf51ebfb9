import { describe, expect, it } from 'vitest';
import { amountText, clockText, countText, durationText, exactTimeText, percentText, plural, relativeText, shorten, sizeText } from './format.ts';

describe('format', () => {
  it('shows amounts with at least three decimals and never rounds', () => {
    expect(amountText('45000000000')).toBe('45.000');
    expect(amountText('1')).toBe('0.000000001');
    expect(amountText('18446744073709551615')).toBe('18446744073.709551615');
  });

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [42_400, '42 s'],
    [60_000, '1 min'],
    [3_900_000, '1 h 5 min'],
    [90_000_000, '1 d 1 h'],
    [-5, '0 ms'],
  ])('shows %i ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it.each([
    [0, 'just now'],
    [-4_000, 'just now'],
    [-61_000, '1 min ago'],
    [180_000, 'in 3 min'],
    [-7_200_000, '2 h ago'],
  ])('shows a time %i ms away as %s', (offsetMs, text) => {
    expect(relativeText(1_000_000_000 + offsetMs, 1_000_000_000)).toBe(text);
  });

  it('shows times in UTC, whatever the zone of the machine', () => {
    expect(exactTimeText('2026-11-24T13:27:05.123Z')).toBe('24 Nov 2026, 13:27:05 UTC');
    expect(clockText('2026-11-24T13:27:05.123Z')).toBe('13:27:05');
  });

  it('shortens ids only where that saves something', () => {
    expect(shorten('abcdefghi')).toBe('abcdefghi');
    expect(shorten('abcdefghij').replaceAll('\u2060', '')).toBe('abcd…ghij');
  });

  it('groups counts, scales sizes and says plurals', () => {
    expect(countText(1234567)).toBe('1,234,567');
    expect([0, 999, 1_000, 6_352_000, 250_000_000].map(sizeText)).toEqual(['0 B', '999 B', '1.0 kB', '6.4 MB', '250 MB']);
    expect([plural(1, 'node'), plural(2, 'node')]).toEqual(['1 node', '2 nodes']);
    expect(percentText(0.9745, 2)).toBe('97.45\u202f%');
  });
});
