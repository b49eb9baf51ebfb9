import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { decodeTensors, encodeTensors, type NamedTensor } from './safetensors.ts';

const float = fc.float32Array({ maxLength: 20 }).map((data): NamedTensor => ({ shape: [data.length], data }));
const int = fc.int32Array({ maxLength: 20 }).map((data): NamedTensor => ({ shape: [data.length, 1], data }));
const byte = fc.uint8Array({ maxLength: 20 }).map((data): NamedTensor => ({ shape: [1, data.length], data }));
const name = fc.string({ minLength: 1 }).filter((text) => text !== '__metadata__' && text !== '__proto__');

function rawFile(header: unknown, body = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}

function refusal(bytes: Uint8Array): string {
  try {
    decodeTensors(bytes, 'file', 'DATASET_INVALID');
  } catch (error) {
    if (error instanceof CyxError && error.code === 'DATASET_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

const entry = (start: number, end: number, shape: number[], dtype = 'U8'): object => ({ dtype, shape, data_offsets: [start, end] });

describe('safetensors', () => {
  it('reads back what it wrote, bit for bit, aligned or not', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(float, int, byte), { maxKeys: 6 }), fc.dictionary(name, fc.string()), fc.nat(7), (tensors, metadata, shift) => {
        const bytes = encodeTensors({ tensors: new Map(Object.entries(tensors)), metadata });
        const moved = new Uint8Array(bytes.length + shift);
        moved.set(bytes, shift);
        const read = decodeTensors(moved.subarray(shift), 'file', 'DATASET_INVALID');
        expect(read.metadata).toEqual({ ...metadata });
        expect(new Set(read.tensors.keys())).toEqual(new Set(Object.keys(tensors)));
        for (const [key, tensor] of Object.entries(tensors)) {
          expect(read.tensors.get(key)?.shape).toEqual(tensor.shape);
          expect(read.tensors.get(key)?.data).toEqual(tensor.data);
        }
      }),
    );
  });

  it('reads a file as other programs write it: no metadata, unpadded header', () => {
    const body = new Uint8Array([1, 2, 3, 0, 0, 128, 63]);
    const header = { a: entry(0, 3, [3]), b: entry(3, 7, [], 'F32') };
    const { tensors, metadata } = decodeTensors(rawFile(header, body), 'file', 'DATASET_INVALID');
    expect(metadata).toEqual({});
    expect(tensors.get('a')?.data).toEqual(new Uint8Array([1, 2, 3]));
    expect(tensors.get('b')).toEqual({ shape: [], data: new Float32Array([1]) });
  });

  it('starts its values at a multiple of eight', () => {
    const bytes = encodeTensors({ tensors: new Map([['x', { shape: [1], data: new Float32Array([1]) }]]), metadata: { a: 'b' } });
    expect((8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))) % 8).toBe(0);
  });

  it.each([
    ['nothing', new Uint8Array(), /too short/],
    ['a header that is cut off', rawFile({ a: entry(0, 1, [1]) }).subarray(0, 20), /ends before its header/],
    ['a header of absurd length', Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 127, 0]), /claims 9223372036854775807 bytes/],
    ['a header that is no JSON', rawFile('{"a":'), /can not be read/],
    ['a header that is no object', rawFile('[]'), /not a safetensors header/],
    ['bytes that are not UTF-8', rawFile('{"a": 1}').map((byte) => (byte === 0x61 ? 0xff : byte)), /can not be read/],
    ['a type that is not read', rawFile({ a: entry(0, 8, [1], 'F64') }, new Uint8Array(8)), /type F64; only F32, I32, U8/],
    ['a type with an inherited name', rawFile({ a: entry(0, 1, [1], 'toString') }, new Uint8Array(1)), /type toString/],
    ['values outside the file', rawFile({ a: entry(0, 9, [9]) }, new Uint8Array(8)), /does not fit/],
    ['a shape that does not fit', rawFile({ a: entry(0, 8, [7]) }, new Uint8Array(8)), /does not fit/],
    ['a shape that overflows', rawFile({ a: entry(0, 8, [2 ** 40, 2 ** 40]) }, new Uint8Array(8)), /does not fit/],
    ['a negative side', rawFile({ a: entry(0, 8, [-8]) }, new Uint8Array(8)), /not a safetensors header/],
    ['tensors that overlap', rawFile({ a: entry(0, 8, [8]), b: entry(4, 8, [4]) }, new Uint8Array(8)), /overlap/],
    ['a gap', rawFile({ a: entry(0, 2, [2]), b: entry(4, 8, [4]) }, new Uint8Array(8)), /gaps/],
    ['bytes of no tensor', rawFile({ a: entry(0, 8, [8]) }, new Uint8Array(9)), /1 bytes at its end/],
    ['metadata that is no text', rawFile({ __metadata__: { a: 1 } }), /not a safetensors header/],
  ])('refuses %s', (_what, bytes, text) => {
    expect(refusal(bytes)).toMatch(text);
  });

  it('accepts or refuses a file with any bytes changed, and never breaks', () => {
    const good = encodeTensors({ tensors: new Map([['x', { shape: [2], data: new Float32Array([1, 2]) }]]), metadata: { a: 'b' } });
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        // `refusal` lets any other error through.
        refusal(bytes);
        refusal(bytes.subarray(0, length));
      }),
    );
  });
});
