import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPayloadBytesCodec, createPayloadCodec } from './payload-codec.ts';
import { testKeyring } from './testing/keyring.ts';

const PayloadMessage = proto.temporal.api.common.v1.Payload;
const plain = (payload: Payload) => ({
  metadata: Object.fromEntries(Object.entries(payload.metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('hex')])),
  data: Buffer.from(payload.data ?? []).toString('hex'),
});
const anyPayload = fc.record({
  metadata: fc.dictionary(fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'), fc.uint8Array({ maxLength: 40 })),
  data: fc.uint8Array({ maxLength: 500 }),
});
const json = (value: unknown): Payload => ({ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(value)) });
const roundTrip = async (from: ReturnType<typeof createPayloadCodec>, to: ReturnType<typeof createPayloadCodec>, payload: Payload): Promise<Payload> => {
  const [sealed] = await from.encode([payload]);
  const [opened] = await to.decode([sealed!]);
  return opened!;
};

describe('the payload codec', () => {
  const codec = createPayloadCodec(testKeyring('k1'));

  it('gives back every payload as it was, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPayload, { maxLength: 5 }), async (payloads) => {
        const sealed = await codec.encode(payloads);
        expect((await codec.decode(sealed)).map(plain)).toEqual(payloads.map(plain));
      }),
    );
  });

  it('lets nothing be read but the encoding and the key id, and repeats no nonce', async () => {
    const sealed = await codec.encode(Array.from({ length: 100 }, () => json('canary-in-a-payload')));
    for (const payload of sealed) {
      expect(Object.fromEntries(Object.entries(payload.metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString()]))).toEqual({ encoding: 'binary/encrypted', 'encryption-key-id': 'k1' });
      expect(Buffer.from(payload.data!).includes('canary')).toBe(false);
    }
    expect(new Set(sealed.map(({ data }) => Buffer.from(data!).subarray(1, 13).toString('hex'))).size).toBe(100);
  });

  it('refuses a payload of which one bit was changed', async () => {
    await fc.assert(
      fc.asyncProperty(anyPayload, fc.nat(), fc.nat(7), async (payload, at, bit) => {
        const [sealed] = await codec.encode([payload]);
        const data = Buffer.from(sealed!.data!);
        data[at % data.length]! ^= 1 << bit;
        await expect(codec.decode([{ ...sealed!, data }])).rejects.toMatchObject({ name: 'CyxError', code: 'INTERNAL' });
      }),
    );
  });

  it.each([0, 1, 12, 28])('refuses what is cut to %i bytes', async (sizeBytes) => {
    const [sealed] = await codec.encode([json(1)]);
    await expect(codec.decode([{ ...sealed!, data: sealed!.data!.subarray(0, sizeBytes) }])).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('binds the key id: another name for the same key does not open it', async () => {
    const [sealed] = await codec.encode([json(1)]);
    const renamed = { ...sealed!, metadata: { ...sealed!.metadata, 'encryption-key-id': Buffer.from('k2') } };
    const sameSecret = { active: testKeyring('k1').active, byId: (id: string) => ({ id, secret: testKeyring('k1').active().secret }) };
    await expect(createPayloadCodec(sameSecret).decode([renamed])).rejects.toThrow('does not fit its key "k2"');
  });

  it('reads what an older key wrote, and writes with the newer one', async () => {
    const before = createPayloadCodec(testKeyring('old'));
    const after = createPayloadCodec(testKeyring('new', 'old'));
    expect(plain(await roundTrip(before, after, json('x')))).toEqual(plain(json('x')));
    await expect(roundTrip(after, before, json('x'))).rejects.toThrow('no key new');
  });

  it('hands on plain payloads of older histories, unless told to refuse them', async () => {
    expect(await codec.decode([json('old')])).toEqual([json('old')]);
    const strict = createPayloadCodec(testKeyring('k1'), { plain: 'refuse' });
    await expect(strict.decode([json('old')])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(plain(await roundTrip(strict, strict, json('new')))).toEqual(plain(json('new')));
  });

  // Made once by another implementation (Python's), from the format as it is described: a change of it would show here first.
  it('still reads format 1', async () => {
    const golden = 'AQABAgMEBQYHCAkKC3upl4QKWgHAvaBGm3P9FHVkDuuLX+1dhImyZ1CaExZLqI+7yzJrV0dL2f+HFMQabS6Aj9Xy9sMO1oJR';
    const payload = { metadata: { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from('k1') }, data: Buffer.from(golden, 'base64') };
    expect(plain((await codec.decode([payload]))[0]!)).toEqual(plain(json({ jobId: 'job-1' })));
  });
});

describe('the codec on wire messages', () => {
  const keyring = testKeyring('k1');
  const bytes = createPayloadBytesCodec(keyring);

  it('speaks the same format, and keeps fields that it does not know', async () => {
    await fc.assert(
      fc.asyncProperty(anyPayload, async (payload) => {
        const message = Buffer.concat([PayloadMessage.encode(payload).finish(), Buffer.from([0xfa, 0x06, 0x02, 0x68, 0x69])]);
        const sealed = bytes.encode(message);
        expect(Buffer.from(bytes.decode(sealed)).equals(message)).toBe(true);
        const [opened] = await createPayloadCodec(keyring).decode([PayloadMessage.decode(sealed)]);
        expect(plain(opened!)).toEqual(plain(payload));
      }),
    );
  });

  it('hands on a plain message bit for bit, or refuses it', () => {
    const message = PayloadMessage.encode(json(1)).finish();
    expect(bytes.decode(message)).toBe(message);
    expect(() => createPayloadBytesCodec(keyring, { plain: 'refuse' }).decode(message)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }) as Error);
  });
});
