import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLocalKms } from './kms.ts';

describe('local KMS', () => {
  const kms = createLocalKms(randomBytes(32));
  const secret = randomBytes(64);

  it('opens what it wrapped', async () => {
    const wrapped = await kms.wrap(secret, 'wallet', 'user-1');
    expect(Buffer.from(await kms.unwrap(wrapped, 'wallet', 'user-1'))).toEqual(secret);
    expect(wrapped).not.toContain(secret.toString('base64url').slice(0, 16));
  });

  it('never wraps the same secret to the same text', async () => {
    expect(await kms.wrap(secret, 'wallet', 'user-1')).not.toBe(await kms.wrap(secret, 'wallet', 'user-1'));
  });

  it('refuses another id, another purpose, another key, and a changed byte', async () => {
    const wrapped = await kms.wrap(secret, 'dataset-key', 'cid-1');
    await expect(kms.unwrap(wrapped, 'dataset-key', 'cid-2')).rejects.toThrow(/can not be opened/);
    await expect(kms.unwrap(wrapped, 'model-key', 'cid-1')).rejects.toThrow(/can not be opened/);
    await expect(createLocalKms(randomBytes(32)).unwrap(wrapped, 'dataset-key', 'cid-1')).rejects.toThrow(/can not be opened/);
    const altered = `${wrapped.slice(0, -2)}${wrapped.endsWith('AA') ? 'BB' : 'AA'}`;
    await expect(kms.unwrap(altered, 'dataset-key', 'cid-1')).rejects.toThrow(/can not be opened/);
  });

  it('refuses a key of the wrong length', () => {
    expect(() => createLocalKms(randomBytes(16))).toThrow(/32 bytes/);
  });
});
