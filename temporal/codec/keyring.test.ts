import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPayloadKeyring, newPayloadKey, openPayloadKeyring } from './keyring.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payload-keys-'));
  file = join(folder, 'payload-codec.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const secretOf = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const write = (active: string, keys: Record<string, string>): void => writeFileSync(file, JSON.stringify({ active, keys }));

describe('a keyring', () => {
  it('encrypts with the active key and knows the older ones', () => {
    write('b', { a: secretOf(1), b: secretOf(2) });
    const keyring = openPayloadKeyring(file);
    expect(keyring.active().id).toBe('b');
    expect(keyring.byId('a').secret.export()).toEqual(Buffer.alloc(32, 1));
  });

  it('finds a key that was added after it was opened, without reading for every unknown id', () => {
    let nowMs = 0;
    write('a', { a: secretOf(1) });
    const keyring = openPayloadKeyring(file, () => nowMs);
    nowMs = 5_000;
    expect(() => keyring.byId('b')).toThrow('"b"');
    write('b', { a: secretOf(1), b: secretOf(2) });
    expect(() => keyring.byId('b')).toThrow('"b"');
    nowMs = 6_000;
    expect(keyring.byId('b').id).toBe('b');
    expect(keyring.active().id).toBe('b');
  });

  it('says of an unknown key which one it is, where it belongs, and what to do', () => {
    write('a', { a: secretOf(1) });
    expect(() => openPayloadKeyring(file).byId('lost')).toThrow(
      expect.objectContaining({ code: 'INTERNAL', message: `A payload was encrypted with the key "lost", which ${file} does not hold. Put that key back under "keys"; it is found without a restart.` }) as Error,
    );
  });

  it.each<[string, string]>([
    ['is no JSON', 'half a '],
    ['names an active key that is not there', JSON.stringify({ active: 'x', keys: { a: secretOf(1) } })],
    ['has a key of the wrong size', JSON.stringify({ active: 'a', keys: { a: Buffer.alloc(16, 7).toString('base64') } })],
    ['has a key that is no base64', JSON.stringify({ active: 'a', keys: { a: '~'.repeat(44) } })],
    ['has an id that could not travel', JSON.stringify({ active: 'a b', keys: { 'a b': secretOf(1) } })],
  ])('is refused where its file %s, without a word of a key', (_what, text) => {
    writeFileSync(file, text);
    let message = '';
    try {
      openPayloadKeyring(file);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(`The payload keys in ${file} can not be read`);
    expect(message).not.toContain(secretOf(1));
    expect(message).not.toContain('BwcHBw');
  });

  it('says how to get the file where it is missing', () => {
    expect(() => openPayloadKeyring(file)).toThrow('"npm start" makes them');
  });

  it('takes new keys, which are named by their day', () => {
    const { id, secret } = newPayloadKey(new Date('2026-11-24T12:00:00Z'));
    expect(id).toMatch(/^2026-11-24-[0-9a-f]{6}$/);
    expect(isPayloadKeyring({ active: id, keys: { [id]: secret } })).toBe(true);
  });
});
