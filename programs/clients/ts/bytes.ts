import { PublicKey } from '@solana/web3.js';

const U64_MAX = 2n ** 64n - 1n;

/** Returns `bytes` when it has exactly `length` bytes; throws a RangeError that names it otherwise. */
export function assertLength(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${name} must be ${length} bytes, got ${bytes.length}`);
  return bytes;
}

/** CID v1 in binary: version, codec (both one byte), multihash code sha2-256, length 32, digest. */
export const CID_LENGTH = 36;

/** The digest inside a binary CID v1 with a sha2-256 multihash. */
export function cidDigest(cid: Uint8Array): Uint8Array {
  assertLength(cid, CID_LENGTH, 'cid');
  if (cid[0] !== 1 || cid[2] !== 0x12 || cid[3] !== 0x20) {
    throw new RangeError('cid must be a version 1 CID with a sha2-256 multihash');
  }
  return cid.slice(4);
}

/** `"0f8b…-…"` → the 16 bytes that the programs use as job and node ids. */
export function uuidToBytes(uuid: string): Uint8Array {
  const hex = uuid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError(`"${uuid}" is not a UUID`);
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
}

/** 16 bytes → lower-case UUID text. */
export function uuidFromBytes(bytes: Uint8Array): string {
  assertLength(bytes, 16, 'uuid');
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Appends little-endian fields; every method checks its range. */
export class ByteWriter {
  private readonly parts: number[] = [];

  u8(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 255) throw new RangeError(`${value} is not a u8`);
    this.parts.push(value);
    return this;
  }

  u64(value: bigint): this {
    if (value < 0n || value > U64_MAX) throw new RangeError(`${value} is not a u64`);
    for (let shift = 0n; shift < 64n; shift += 8n) this.parts.push(Number((value >> shift) & 0xffn));
    return this;
  }

  /** Two's complement; the programs only accept times from 0 up. */
  i64(value: bigint): this {
    if (value < -(2n ** 63n) || value >= 2n ** 63n) throw new RangeError(`${value} is not an i64`);
    return this.u64(BigInt.asUintN(64, value));
  }

  bytes(value: Uint8Array, length: number, name: string): this {
    this.parts.push(...assertLength(value, length, name));
    return this;
  }

  key(value: PublicKey): this {
    return this.bytes(value.toBytes(), 32, 'public key');
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.parts);
  }
}

/** Reads fixed offsets of an account; throws a RangeError past its end. */
export class ByteReader {
  private readonly view: DataView;
  private readonly data: Uint8Array;

  constructor(data: Uint8Array) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  u8(offset: number): number {
    return this.view.getUint8(offset);
  }

  u16(offset: number): number {
    return this.view.getUint16(offset, true);
  }

  u64(offset: number): bigint {
    return this.view.getBigUint64(offset, true);
  }

  i64(offset: number): bigint {
    return this.view.getBigInt64(offset, true);
  }

  bytes(offset: number, length: number): Uint8Array {
    if (offset + length > this.data.length) throw new RangeError('account data is too short');
    return this.data.slice(offset, offset + length);
  }

  key(offset: number): PublicKey {
    return new PublicKey(this.bytes(offset, 32));
  }

  /** UTF-8, zero-padded. */
  text(offset: number, length: number): string {
    const raw = this.bytes(offset, length);
    const end = raw.indexOf(0);
    return new TextDecoder().decode(end === -1 ? raw : raw.subarray(0, end));
  }
}

/** Text → UTF-8 zero-padded to `length`; throws when it does not fit. */
export function paddedText(value: string, length: number, name: string): Uint8Array {
  const encoded = new TextEncoder().encode(value);
  if (encoded.length > length) throw new RangeError(`${name} is longer than ${length} bytes`);
  const out = new Uint8Array(length);
  out.set(encoded);
  return out;
}
