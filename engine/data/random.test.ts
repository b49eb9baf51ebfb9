import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permutation, philox, randomStream, type Words4 } from './random.ts';

/** The published known answers of Philox4x32-10 (Random123's kat_vectors). */
const KNOWN: readonly (readonly [Words4, [number, number], Words4])[] = [
  [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

function draw(length: number, ...stream: Parameters<typeof randomStream>): number[] {
  const random = randomStream(...stream);
  return Array.from({ length }, () => random.nextUint32());
}

describe('philox', () => {
  it.each(KNOWN)('gives the known answer for %j', (counter, key, answer) => {
    expect(philox(counter, key)).toEqual(answer);
  });
});

describe('randomStream', () => {
  it('repeats itself, and differs by seed, label and index', () => {
    const streams = [draw(8, 1, 'a'), draw(8, 2, 'a'), draw(8, 1, 'b'), draw(8, 1, 'a', 1)];
    expect(draw(8, 1, 'a')).toEqual(streams[0]);
    expect(new Set(streams.map((values) => values.join())).size).toBe(4);
  });

  it('is even over [0, 1)', () => {
    const random = randomStream(3, 'even');
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const bucket = Math.floor(random.nextUniform() * 10);
      counts[bucket] = (counts[bucket] as number) + 1;
    }
    // Ten buckets, 9 degrees of freedom: above 27.9 only once in a thousand seeds.
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(27.9);
  });

  it('never leaves its bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(), (bound, seed) => {
        const random = randomStream(seed, 'below');
        for (let i = 0; i < 20; i++) {
          const value = random.nextBelow(bound);
          expect(value >= 0 && value < bound && Number.isInteger(value)).toBe(true);
        }
      }),
    );
  });
});

describe('permutation', () => {
  it('has every index once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.nat(), (length, seed) => {
        const order = permutation(length, randomStream(seed, 'shuffle'));
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index));
      }),
    );
  });

  it('reaches all orders about equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6_000; seed++) {
      const order = permutation(3, randomStream(seed, 'shuffle')).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(130);
  });
});
