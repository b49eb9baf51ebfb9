import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPayloadKeyring } from '#temporal/codec/keyring';
import { createPayloadCodec } from '#temporal/codec/payload-codec';
import { rotatePayloadKey } from './rotate-payload-key.ts';
import { ensureSecrets } from './secrets.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cyxwiz-rotate-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('7') };

it('new payloads take the new key, older ones are still read, and processes that run find it by themselves', async () => {
  const { payloadCodec: file } = await ensureSecrets(folder);
  let nowMs = 0;
  const running = createPayloadCodec(openPayloadKeyring(file, () => nowMs));
  const [before] = await running.encode([payload]);
  const id = rotatePayloadKey(file);
  const started = createPayloadCodec(openPayloadKeyring(file));
  const [after] = await started.encode([payload]);
  expect(Buffer.from(after!.metadata!['encryption-key-id']!).toString()).toBe(id);
  nowMs = 60_000;
  for (const codec of [running, started]) expect((await codec.decode([before!, after!])).map(({ data }) => Buffer.from(data!).toString())).toEqual(['7', '7']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).filter((name) => name.startsWith('payload-codec'))).toEqual(['payload-codec.json']);
});

it('leaves a file alone that it can not read', () => {
  const file = join(folder, 'broken.json');
  writeFileSync(file, '{"active":');
  expect(() => rotatePayloadKey(file)).toThrow('can not be read');
  expect(readFileSync(file, 'utf8')).toBe('{"active":');
});
