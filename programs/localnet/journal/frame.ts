import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { CyxError } from '#core/errors/cyx-error';

/**
 * One frame is one group commit: written in one go and synced before the next begins, so at most the last frame of
 * a journal can be torn.
 *
 *   0  magic 'CXF1'         4
 *   4  sequence number u64  8
 *  12  payload length u32   4
 *  16  previous digest     16   chains the frames: a missing or moved one is seen
 *  32  header check         8   SHA-256 of bytes 0..32, cut; tells a torn payload from a damaged length
 *  40  digest              16   SHA-256 of bytes 0..32 and the payload, cut
 *  56  payload: records, each u32 length + V8 structured clone
 */
export const FRAME_HEADER_BYTES = 56;
const MAGIC = 0x43584631;
const MAX_PAYLOAD_BYTES = 512 * 1024 * 1024;

export const FIRST_DIGEST = new Uint8Array(16);

export interface Frame {
  readonly seq: number;
  readonly digest: Uint8Array;
  readonly records: readonly unknown[];
  readonly endOffset: number;
}

export type FrameRead =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'end' }
  | { readonly kind: 'torn' }
  | { readonly kind: 'corrupt'; readonly why: string };

export function encodeFrame(
  seq: number,
  previousDigest: Uint8Array,
  records: readonly unknown[],
): { bytes: Buffer; digest: Uint8Array } {
  const parts = records.map((record) => serialize(record));
  const payloadBytes = parts.reduce((sum, part) => sum + 4 + part.length, 0);
  if (payloadBytes > MAX_PAYLOAD_BYTES)
    throw new CyxError('PAYLOAD_TOO_LARGE', 'A journal frame would be larger than 512 MiB.');
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + payloadBytes);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeBigUInt64BE(BigInt(seq), 4);
  bytes.writeUInt32BE(payloadBytes, 12);
  bytes.set(previousDigest, 16);
  let at = FRAME_HEADER_BYTES;
  for (const part of parts) {
    bytes.writeUInt32BE(part.length, at);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  bytes.set(sha256(bytes.subarray(0, 32)).subarray(0, 8), 32);
  const digest = sha256(bytes.subarray(0, 32), bytes.subarray(FRAME_HEADER_BYTES)).subarray(0, 16);
  bytes.set(digest, 40);
  return { bytes, digest: new Uint8Array(digest) };
}

/** Reads the frame at `offset` of a whole segment and says what is there, without ever guessing. */
export function readFrame(segment: Buffer, offset: number): FrameRead {
  if (offset === segment.length) return { kind: 'end' };
  // A file that was lengthened but not yet filled when the power went reads as zeros.
  if (isZero(segment.subarray(offset))) return { kind: 'torn' };
  if (segment.length - offset < FRAME_HEADER_BYTES) return { kind: 'torn' };
  const head = segment.subarray(offset, offset + FRAME_HEADER_BYTES);
  if (head.readUInt32BE(0) !== MAGIC || !sha256(head.subarray(0, 32)).subarray(0, 8).equals(head.subarray(32, 40)))
    return { kind: 'corrupt', why: 'the frame header is damaged' };
  const endOffset = offset + FRAME_HEADER_BYTES + head.readUInt32BE(12);
  if (endOffset > segment.length) return { kind: 'torn' };
  const payload = segment.subarray(offset + FRAME_HEADER_BYTES, endOffset);
  const digest = sha256(head.subarray(0, 32), payload).subarray(0, 16);
  if (!digest.equals(head.subarray(40, 56))) {
    const isLast = isZero(segment.subarray(endOffset));
    return isLast ? { kind: 'torn' } : { kind: 'corrupt', why: 'the checksum of the frame does not match' };
  }
  const frame = {
    seq: Number(head.readBigUInt64BE(4)),
    digest: new Uint8Array(digest),
    records: decodeRecords(payload),
    endOffset,
  };
  return { kind: 'frame', frame };
}

/** Size of a whole frame by its header, never more than a frame can be. */
export function frameBytes(head: Buffer): number {
  return FRAME_HEADER_BYTES + Math.min(head.readUInt32BE(12), MAX_PAYLOAD_BYTES);
}

/** The digest a frame was chained to. */
export function previousDigestOf(segment: Buffer, offset: number): Uint8Array {
  return new Uint8Array(segment.subarray(offset + 16, offset + 32));
}

function decodeRecords(payload: Buffer): unknown[] {
  const records: unknown[] = [];
  for (let at = 0; at < payload.length;) {
    const length = payload.readUInt32BE(at);
    records.push(deserialize(payload.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return records;
}

function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
