import { describe, expect, it } from 'vitest';
import { createApiKey, createUserKey, hashApiKey, isApiKey, isUserKey } from './api-keys.ts';
import { createPasswords } from './passwords.ts';

describe('passwords', () => {
  const passwords = createPasswords();

  it('are kept as argon2id with the parameters we chose', async () => {
    const hash = await passwords.hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.verify(hash, 'correct horse')).toBe(true);
    expect(await passwords.verify(hash, 'correct horsf')).toBe(false);
  });

  it('do the same work where nobody has the name', async () => {
    await passwords.verify(null, 'warm up');
    const started = process.hrtime.bigint();
    expect(await passwords.verify(null, 'nobody has this password')).toBe(false);
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeGreaterThan(1);
  });
});

describe('API keys', () => {
  it('are long, recognisable, different each time, and stored as SHA-256', () => {
    const key = createApiKey();
    expect(isApiKey(key)).toBe(true);
    expect(Buffer.from(key.slice('cyxk_'.length), 'base64url')).toHaveLength(32);
    expect(createApiKey()).not.toBe(key);
    expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('keys of a person’s programs', () => {
  it('carry a checksum, so that one that was cut off or mistyped is told from one that was revoked', () => {
    const key = createUserKey();
    expect(isUserKey(key)).toBe(true);
    expect(isApiKey(key)).toBe(false);
    const other = key.at(20) === 'A' ? 'B' : 'A';
    for (const wrong of [key.slice(0, -1), `${key}0`, key.slice(0, 20) + other + key.slice(21), createApiKey(), '', 'cyx_']) expect(isUserKey(wrong), wrong).toBe(false);
  });
});

it('a hash with other parameters is outdated', () => {
  const passwords = createPasswords();
  expect(passwords.isOutdated('$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA')).toBe(false);
  expect(passwords.isOutdated('$argon2id$v=19$m=4096,t=3,p=1$c2FsdA$aGFzaA')).toBe(true);
});
