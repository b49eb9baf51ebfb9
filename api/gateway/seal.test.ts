import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORGET_AFTER_MS, openKeyRing, ROTATE_AFTER_MS } from './seal-keys.ts';
import { createTokenSealer } from './seal.ts';

const task = { token: Buffer.from('token'), isOffer: true };
let dir: string;
const file = (): string => join(dir, 'keys', 'seal.json');
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'seal-'))));
afterEach(() => rmSync(dir, { recursive: true }));

describe('sealed task tokens', () => {
  it('open for their node alone', () => {
    const sealer = createTokenSealer(openKeyRing(file()));
    const id = fc.string({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(id, id, fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.boolean(), (node, other, token, isOffer) => {
        const sealed = sealer.seal(node, { token, isOffer });
        expect(sealer.unseal(node, sealed)).toEqual({ token: Buffer.from(token), isOffer });
        if (other !== node) expect(() => sealer.unseal(other, sealed)).toThrow('not given to this node');
      }),
    );
  });

  it('do not open with any bit turned or anything cut off', () => {
    const sealer = createTokenSealer(openKeyRing(file()));
    const sealed = Buffer.from(sealer.seal('a', task));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bent = Buffer.from(sealed);
      bent[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => sealer.unseal('a', bent)).toThrow('not given to this node');
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.unseal('a', sealed.subarray(0, length))).toThrow('not given to this node');
    }
  });
});

describe('the key file', () => {
  it('is readable by its owner alone and outlives the process', () => {
    const sealed = createTokenSealer(openKeyRing(file())).seal('a', task);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(createTokenSealer(openKeyRing(file())).unseal('a', sealed)).toEqual(task);
  });

  it('rotates, opens older tokens, and forgets in the end', () => {
    let nowMs = 1_000;
    const sealer = createTokenSealer(openKeyRing(file(), () => nowMs));
    const old = sealer.seal('a', task);
    nowMs += ROTATE_AFTER_MS;
    const fresh = sealer.seal('a', task);
    expect(Buffer.from(fresh).subarray(0, 4)).not.toEqual(Buffer.from(old).subarray(0, 4));
    expect(sealer.unseal('a', old)).toEqual(task);
    nowMs += FORGET_AFTER_MS;
    sealer.seal('a', task);
    expect(() => sealer.unseal('a', old)).toThrow('not given to this node');
  });

  it('is never replaced when it can not be read', () => {
    openKeyRing(file());
    writeFileSync(file(), '{"keys": []}');
    expect(() => openKeyRing(file())).toThrow('Please correct');
    expect(readFileSync(file(), 'utf8')).toBe('{"keys": []}');
  });
});
