import { z } from 'zod';
import { CidBuilder, DIGEST_BYTES, LEAF_BYTES } from '../client/unixfs.ts';
import { DATA_SHARDS, TOTAL_SHARDS } from './erasure.ts';
import { layoutOf, sha256Sync, type Layout } from './stripes.ts';

const MAGIC = Buffer.from('CYXM', 'latin1');
const PREFIX_BYTES = 8;

const headSchema = z.object({
  version: z.literal(1),
  cid: z.string(),
  putId: z.uuid(),
  /** Subject that put the object: it may delete it. */
  owner: z.string(),
  createdAt: z.iso.datetime(),
  encryptedBytes: z.int().positive(),
  /** Node of each shard, in shard order. */
  placement: z.array(z.string()).length(TOTAL_SHARDS),
});
export type ManifestHead = z.infer<typeof headSchema>;

/**
 * What every node keeps beside its shard: who, when, where, and a digest for each piece. `pieces` has 14 digests a
 * stripe; `tailLeaves` are the leaves of the last, shorter stripe, whose pieces are not leaves.
 */
export interface Manifest extends ManifestHead {
  readonly layout: Layout;
  readonly pieces: Uint8Array;
  readonly tailLeaves: Uint8Array;
}

/** `CYXM`, length of the head, the head as JSON, piece digests, tail leaf digests, SHA-256 of all before. */
export function encodeManifest(head: ManifestHead, pieces: Uint8Array, tailLeaves: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  const body = Buffer.concat([MAGIC, length, json, pieces, tailLeaves]);
  return Buffer.concat([body, sha256Sync(body)]);
}

/**
 * The manifest, or undefined unless it is whole and its leaf digests really make up `cid`. So a node can not pass
 * off other bytes as the object, however consistent the lie.
 */
export async function decodeManifest(bytes: Uint8Array, cid: string): Promise<Manifest | undefined> {
  const manifest = parseManifest(bytes);
  if (manifest === undefined || manifest.cid !== cid) return undefined;
  return (await cidOfManifest(manifest)) === cid ? manifest : undefined;
}

export function pieceDigest(manifest: Manifest, stripe: number, shard: number): Uint8Array {
  const at = (stripe * TOTAL_SHARDS + shard) * DIGEST_BYTES;
  return manifest.pieces.subarray(at, at + DIGEST_BYTES);
}

function parseManifest(input: Uint8Array): Manifest | undefined {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.length < PREFIX_BYTES + DIGEST_BYTES || !bytes.subarray(0, 4).equals(MAGIC)) return undefined;
  const body = bytes.subarray(0, bytes.length - DIGEST_BYTES);
  if (!bytes.subarray(body.length).equals(sha256Sync(body))) return undefined;
  const headEnd = PREFIX_BYTES + bytes.readUInt32BE(4);
  if (headEnd > body.length) return undefined;
  const head = parseHead(body.toString('utf8', PREFIX_BYTES, headEnd));
  if (head === undefined) return undefined;
  const layout = layoutOf(head.encryptedBytes);
  const piecesEnd = headEnd + layout.stripes * TOTAL_SHARDS * DIGEST_BYTES;
  const tailLeaves = body.subarray(piecesEnd);
  if (tailLeaves.length !== Math.ceil(layout.tailDataBytes / LEAF_BYTES) * DIGEST_BYTES) return undefined;
  return { ...head, layout, pieces: body.subarray(headEnd, piecesEnd), tailLeaves };
}

function parseHead(json: string): ManifestHead | undefined {
  try {
    return headSchema.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

async function cidOfManifest(manifest: Manifest): Promise<string> {
  const builder = new CidBuilder(sha256Sync);
  for (let stripe = 0; stripe < manifest.layout.fullStripes; stripe += 1) {
    for (let shard = 0; shard < DATA_SHARDS; shard += 1) {
      await builder.addLeaf(pieceDigest(manifest, stripe, shard), LEAF_BYTES);
    }
  }
  let restBytes = manifest.layout.tailDataBytes;
  for (let at = 0; restBytes > 0; at += DIGEST_BYTES) {
    const leafBytes = Math.min(LEAF_BYTES, restBytes);
    await builder.addLeaf(manifest.tailLeaves.subarray(at, at + DIGEST_BYTES), leafBytes);
    restBytes -= leafBytes;
  }
  return (await builder.finish()).toString();
}
