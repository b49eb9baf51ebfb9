import { createHash } from 'node:crypto';

/** Byte layout of one shard file: header, payload, manifest, trailer (FORMAT.md §3). */
export const SHARD_HEADER_BYTES = 64;
export const SHARD_TRAILER_BYTES = 8;

const HEADER_MAGIC = 'CYXS';
const TRAILER_MAGIC = 'CYXE';
const VERSION = 1;
const CHECKED_BYTES = 32;

export function encodeShardHeader(putId: string, shardIndex: number): Buffer {
  const header = Buffer.alloc(SHARD_HEADER_BYTES);
  header.write(HEADER_MAGIC, 0, 'latin1');
  header[4] = VERSION;
  header[5] = shardIndex;
  Buffer.from(putId.replaceAll('-', ''), 'hex').copy(header, 8);
  createHash('sha256').update(header.subarray(0, CHECKED_BYTES)).digest().copy(header, CHECKED_BYTES);
  return header;
}

/** The shard's index, or undefined where the header is damaged or another put's. */
export function decodeShardHeader(header: Uint8Array, putId: string): number | undefined {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const digest = createHash('sha256').update(bytes.subarray(0, CHECKED_BYTES)).digest();
  const sound =
    bytes.length === SHARD_HEADER_BYTES &&
    digest.equals(bytes.subarray(CHECKED_BYTES)) &&
    bytes.toString('latin1', 0, 4) === HEADER_MAGIC &&
    bytes[4] === VERSION &&
    bytes.toString('hex', 8, 24) === putId.replaceAll('-', '');
  return sound ? bytes[5] : undefined;
}

export function encodeTrailer(manifestBytes: number): Buffer {
  const trailer = Buffer.alloc(SHARD_TRAILER_BYTES);
  trailer.writeUInt32BE(manifestBytes, 0);
  trailer.write(TRAILER_MAGIC, 4, 'latin1');
  return trailer;
}

/** Length of the manifest in front of the trailer, or undefined where the trailer is damaged. */
export function decodeTrailer(trailer: Buffer): number | undefined {
  return trailer.toString('latin1', 4, 8) === TRAILER_MAGIC ? trailer.readUInt32BE(0) : undefined;
}
