import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternBytes } from '../testing/fixtures.ts';
import { DATA_SHARDS, encodeParity, rebuildPieces, TOTAL_SHARDS } from './erasure.ts';
import { BLOCK_BYTES } from './gf256-kernel.ts';

function encoded(pieceBytes: number, seed: number): Uint8Array {
  const stripe = new Uint8Array(TOTAL_SHARDS * pieceBytes);
  stripe.set(patternBytes(DATA_SHARDS * pieceBytes, seed));
  encodeParity(stripe);
  return stripe;
}

/** Every subset of `size` out of 14 shards. */
function* subsets(size: number, from = 0): Generator<number[]> {
  if (size === 0) yield [];
  else for (let shard = from; shard <= TOTAL_SHARDS - size; shard += 1) for (const rest of subsets(size - 1, shard + 1)) yield [shard, ...rest];
}

function damage(stripe: Uint8Array, lost: readonly number[]): { broken: Uint8Array; present: boolean[] } {
  const pieceBytes = stripe.length / TOTAL_SHARDS;
  const broken = stripe.slice();
  for (const shard of lost) broken.fill(0xa5, shard * pieceBytes, (shard + 1) * pieceBytes);
  return { broken, present: Array.from({ length: TOTAL_SHARDS }, (_, shard) => !lost.includes(shard)) };
}

describe('erasure coding', () => {
  it('rebuilds all 14 pieces after each of the 1,001 ways to lose four', () => {
    const stripe = encoded(37, 1);
    let ways = 0;
    for (const lost of subsets(4)) {
      const { broken, present } = damage(stripe, lost);
      rebuildPieces(broken, present);
      expect(Buffer.compare(broken, stripe)).toBe(0);
      ways += 1;
    }
    expect(ways).toBe(1001);
  });

  it('rebuilds any data of any piece length after losing any number up to four', () => {
    const cases = fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 255 }),
      fc.uniqueArray(fc.integer({ min: 0, max: TOTAL_SHARDS - 1 }), { maxLength: 4 }),
      (pieceBytes, seed, lost) => {
        const stripe = encoded(pieceBytes, seed);
        const { broken, present } = damage(stripe, lost);
        rebuildPieces(broken, present);
        expect(Buffer.compare(broken, stripe)).toBe(0);
      },
    );
    fc.assert(cases);
  });

  it('makes the parity that other implementations of this code make', () => {
    // From the Rust crate reed-solomon-erasure (through its wasm package), for the same data.
    expect(Buffer.from(encoded(4, 0).subarray(40)).toString('hex')).toBe('68f71635f87392b108ef0e2df46b8aa9');
    const digest = createHash('sha256').update(encoded(1000, 0).subarray(10_000)).digest('hex');
    expect(digest).toBe('be4a7e34f91fb0067691580ead3ccb9ec64a79bf643cbf13a1c7faa1a3d00fe0');
  });

  it('codes pieces longer than the block it works on', () => {
    const stripe = encoded(3 * BLOCK_BYTES + 5, 4);
    const { broken, present } = damage(stripe, [1, 4, 10, 13]);
    rebuildPieces(broken, present);
    expect(Buffer.compare(broken, stripe)).toBe(0);
  });

  it('refuses five lost and names how many are missing', () => {
    for (const lost of [[0, 1, 2, 3, 4], [9, 10, 11, 12, 13]]) {
      const { broken, present } = damage(encoded(8, 2), lost);
      expect(() => rebuildPieces(broken, present)).toThrow(/^5 of the 14 shards are missing/);
    }
  });

  it('refuses a stripe that is not 14 equal pieces', () => {
    expect(() => encodeParity(new Uint8Array(15))).toThrow(/14 pieces/);
    expect(() => encodeParity(new Uint8Array(0))).toThrow(/14 pieces/);
  });
});
