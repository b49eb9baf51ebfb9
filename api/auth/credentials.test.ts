import { describe, expect, it } from 'vitest';
import { createApiKey, hashApiKey, isApiKey } from './api-keys.ts';
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
