import { PublicKey } from '@solana/web3.js';
import { getBase58Decoder } from '@solana/kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase58, encodeBase58 } from './base58.ts';

const reference = getBase58Decoder();

describe('base 58', () => {
  it('agrees with an independent encoder and comes back as the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 4 }), (tail, zeros) => {
        const bytes = Uint8Array.from([...new Uint8Array(zeros), ...tail]);
        const text = encodeBase58(bytes);
        expect(text).toBe(reference.decode(bytes));
        expect(decodeBase58(text)).toEqual(bytes);
      }),
    );
  });

  it('writes addresses as web3.js does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(encodeBase58(bytes)).toBe(new PublicKey(bytes).toBase58());
      }),
    );
  });

  it.each(['0', 'O', 'I', 'l', 'abc+', 'ä', '1 1'])('refuses %j', (text) => {
    expect(decodeBase58(text)).toBeUndefined();
  });

  it('takes the empty text as no bytes', () => {
    expect(decodeBase58('')).toEqual(new Uint8Array(0));
    expect(encodeBase58(new Uint8Array(0))).toBe('');
  });
});
