import { createCipheriv, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptStream, encryptStream, generateKey } from './cipher.ts';
import { DEFAULT_CHUNK_BYTES, encryptedLength, HEADER_BYTES, TAG_BYTES } from './object-header.ts';

const CHUNK = 64;
const SEALED_CHUNK = CHUNK + TAG_BYTES;

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

function cut(bytes: Uint8Array, at: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += at) pieces.push(bytes.subarray(offset, offset + at));
  return pieces;
}

const encrypt = (key: Uint8Array, plain: Uint8Array, pieceBytes = 1000, chunkBytes = CHUNK): Promise<Uint8Array> =>
  collect(streamOf(cut(plain, pieceBytes)).pipeThrough(encryptStream({ key, chunkBytes })));
const decrypt = (key: Uint8Array, sealed: Uint8Array, pieceBytes = 1000): Promise<Uint8Array> =>
  collect(streamOf(cut(sealed, pieceBytes)).pipeThrough(decryptStream({ key })));

const rejectsAsCorrupt = (key: Uint8Array, sealed: Uint8Array): Promise<void> =>
  expect(decrypt(key, sealed)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });

/** Seals by FORMAT.md alone, with another implementation of the same primitives. */
function sealByHand(key: Uint8Array, salt: Uint8Array, plain: Uint8Array, chunkBytes: number): Uint8Array {
  const head = Buffer.alloc(32);
  head.write('CYXO');
  head.set([1, 1], 4);
  head.writeUInt32BE(chunkBytes, 8);
  head.set(salt, 12);
  const info = Buffer.concat([Buffer.from('cyxcloud object v1'), head]);
  const derived = Buffer.from(hkdfSync('sha256', key, salt, info, 64));
  const header = Buffer.concat([head, derived.subarray(32)]);
  const chunks = Math.max(1, Math.ceil(plain.length / chunkBytes));
  const sealed = Array.from({ length: chunks }, (_, index) => {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(index, 7);
    nonce[11] = index === chunks - 1 ? 1 : 0;
    const cipher = createCipheriv('aes-256-gcm', derived.subarray(0, 32), nonce).setAAD(header);
    const body = cipher.update(plain.subarray(index * chunkBytes, (index + 1) * chunkBytes));
    return Buffer.concat([body, cipher.final(), cipher.getAuthTag()]);
  });
  return new Uint8Array(Buffer.concat([header, ...sealed]));
}

describe('object cipher', () => {
  const key = generateKey();

  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 10 * CHUNK + 7])('round-trips %i bytes', async (sizeBytes) => {
    const plain = crypto.getRandomValues(new Uint8Array(sizeBytes));
    const sealed = await encrypt(key, plain);
    expect(sealed.length).toBe(encryptedLength(sizeBytes, CHUNK));
    expect(await decrypt(key, sealed)).toEqual(plain);
  });

  it('round-trips any bytes, chunk size and way of being cut into pieces', async () => {
    const cases = fc.asyncProperty(
      fc.uint8Array({ maxLength: 700 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      async (plain, chunkBytes, inBytes, outBytes) => {
        const sealed = await encrypt(key, plain, inBytes, chunkBytes);
        expect(await decrypt(key, sealed, outBytes)).toEqual(new Uint8Array(plain));
      },
    );
    await fc.assert(cases, { numRuns: 60 });
  });

  it('opens what another implementation sealed by the document', async () => {
    const salt = new Uint8Array(20).fill(7);
    const plain = new TextEncoder().encode('The format is the document, not the code. '.repeat(9));
    for (const sizeBytes of [0, CHUNK, plain.length]) {
      const part = plain.slice(0, sizeBytes);
      expect(await decrypt(key, sealByHand(key, salt, part, CHUNK))).toEqual(part);
    }
  });

  it('has the vector of FORMAT.md', async () => {
    const vectorKey = Uint8Array.from({ length: 32 }, (_, index) => index);
    const hex =
      '4359584f010100000010000007070707070707070707070707070707070707' +
      '07af6cc307436dee1ab50bd684e707f88de02b2a66873e9920906da366153b' +
      'd09ea3f1d7fd67f41d4b4d6d3ce8c18abf2094afe445b114';
    expect(new TextDecoder().decode(await decrypt(vectorKey, new Uint8Array(Buffer.from(hex, 'hex'))))).toBe('CyxWiz');
    const byHand = sealByHand(vectorKey, new Uint8Array(20).fill(7), new TextEncoder().encode('CyxWiz'), DEFAULT_CHUNK_BYTES);
    expect(Buffer.from(byHand).toString('hex')).toBe(hex);
  });

  it('never makes the same object twice', async () => {
    const plain = new Uint8Array(100);
    expect(await encrypt(key, plain)).not.toEqual(await encrypt(key, plain));
  });

  it('finds every single flipped bit', async () => {
    const sealed = await encrypt(key, crypto.getRandomValues(new Uint8Array(CHUNK + 20)));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = sealed.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await rejectsAsCorrupt(key, flipped);
    }
  });

  it('finds every truncation', async () => {
    const sealed = await encrypt(key, crypto.getRandomValues(new Uint8Array(3 * CHUNK)));
    for (let length = 0; length < sealed.length; length += 1) await rejectsAsCorrupt(key, sealed.subarray(0, length));
  });

  it('finds chunks that were swapped, repeated, dropped or added', async () => {
    const sealed = await encrypt(key, crypto.getRandomValues(new Uint8Array(4 * CHUNK)));
    const header = sealed.subarray(0, HEADER_BYTES);
    const [a, b, c, d] = cut(sealed.subarray(HEADER_BYTES), SEALED_CHUNK) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const other = (await encrypt(key, new Uint8Array(CHUNK))).subarray(HEADER_BYTES);
    const wrongs = [[b, a, c, d], [a, a, c, d], [a, b, d], [a, b, c, d, d], [a, b, c, d, other], [a, b, c, d, new Uint8Array(1)], [other, b, c, d]];
    for (const chunks of wrongs) await rejectsAsCorrupt(key, new Uint8Array(Buffer.concat([header, ...chunks])));
  });

  it('releases no byte of a chunk that was changed', async () => {
    const sealed = await encrypt(key, new Uint8Array(3 * CHUNK));
    sealed[HEADER_BYTES + SEALED_CHUNK + 3]! ^= 1;
    const reader = streamOf([sealed]).pipeThrough(decryptStream({ key })).getReader();
    let releasedBytes = 0;
    const drain = async (): Promise<void> => {
      for (let read = await reader.read(); !read.done; read = await reader.read()) releasedBytes += read.value.length;
    };
    await expect(drain()).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
    expect(releasedBytes).toBeLessThanOrEqual(CHUNK);
  });

  it('tells a wrong key before it decrypts', async () => {
    const sealed = await encrypt(key, new Uint8Array(10));
    await expect(decrypt(generateKey(), sealed)).rejects.toThrow(/does not open this object/);
  });

  it('refuses keys that are not 32 bytes', async () => {
    await expect(encrypt(new Uint8Array(16), new Uint8Array(1))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('refuses a header that asks for a huge chunk', async () => {
    const sealed = await encrypt(key, new Uint8Array(10));
    sealed[8] = 0xff;
    await rejectsAsCorrupt(key, sealed);
  });
});
