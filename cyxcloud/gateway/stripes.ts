import { createHash } from 'node:crypto';
import { DIGEST_BYTES, LEAF_BYTES, leafFrame } from '../client/unixfs.ts';
import { DATA_SHARDS, TOTAL_SHARDS } from './erasure.ts';

/** Data bytes of a full stripe: ten leaves of the CID's tree, one on each data shard. */
export const STRIPE_DATA_BYTES = DATA_SHARDS * LEAF_BYTES;

/** How an object of a given length is cut (FORMAT.md §2). */
export interface Layout {
  readonly encryptedBytes: number;
  readonly stripes: number;
  readonly fullStripes: number;
  /** Data bytes of the last, shorter stripe; 0 where there is none. */
  readonly tailDataBytes: number;
  /** Length of each of the tail's 14 pieces; 0 where there is no tail. */
  readonly tailPieceBytes: number;
  /** Payload of every shard. */
  readonly shardBytes: number;
}

export function layoutOf(encryptedBytes: number): Layout {
  const fullStripes = Math.floor(encryptedBytes / STRIPE_DATA_BYTES);
  const tailDataBytes = encryptedBytes % STRIPE_DATA_BYTES;
  // The tail is spread over all ten data shards too, so that small objects cost 1.4 times their size as well.
  const tailPieceBytes = Math.ceil(tailDataBytes / DATA_SHARDS);
  return {
    encryptedBytes,
    stripes: fullStripes + (tailDataBytes > 0 ? 1 : 0),
    fullStripes,
    tailDataBytes,
    tailPieceBytes,
    shardBytes: fullStripes * LEAF_BYTES + tailPieceBytes,
  };
}

export function pieceBytesOf(layout: Layout, stripe: number): number {
  return stripe < layout.fullStripes ? LEAF_BYTES : layout.tailPieceBytes;
}

export function dataBytesOf(layout: Layout, stripe: number): number {
  return stripe < layout.fullStripes ? STRIPE_DATA_BYTES : layout.tailDataBytes;
}

/**
 * SHA-256 of bytes framed as a UnixFS leaf. A data piece of a full stripe is a leaf of the object's tree, so the one
 * digest both checks the piece and proves, through the tree, that it belongs to the CID.
 */
export function frameDigest(bytes: Uint8Array): Uint8Array {
  const { prefix, suffix } = leafFrame(bytes.length);
  return createHash('sha256').update(prefix).update(bytes).update(suffix).digest();
}

export function sha256Sync(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** Digests of the 14 pieces of a stripe, one after the other. */
export function pieceDigests(stripe: Uint8Array): Uint8Array {
  const pieceBytes = stripe.length / TOTAL_SHARDS;
  const digests = new Uint8Array(TOTAL_SHARDS * DIGEST_BYTES);
  for (let shard = 0; shard < TOTAL_SHARDS; shard += 1) {
    digests.set(frameDigest(stripe.subarray(shard * pieceBytes, (shard + 1) * pieceBytes)), shard * DIGEST_BYTES);
  }
  return digests;
}

/** Digests of the leaves that a stripe's data consists of. */
export function leafDigests(data: Uint8Array): Uint8Array {
  const leaves = Math.ceil(data.length / LEAF_BYTES);
  const digests = new Uint8Array(leaves * DIGEST_BYTES);
  for (let leaf = 0; leaf < leaves; leaf += 1) {
    digests.set(frameDigest(data.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES)), leaf * DIGEST_BYTES);
  }
  return digests;
}
