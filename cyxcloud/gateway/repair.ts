import { CyxError } from '#core/errors/cyx-error';
import { LEAF_BYTES } from '../client/unixfs.ts';
import type { ShardKey, ShardWriter, StorageNode } from '../node/types.ts';
import { TOTAL_SHARDS } from './erasure.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import { openObject, readManifest, type OpenObject } from './open-object.ts';
import { readWholeStripe } from './read-stripe.ts';
import { pieceBytesOf } from './stripes.ts';

export interface RepairReport {
  readonly cid: string;
  /** Shard indexes that were missing or damaged and are whole again. */
  readonly repairedShards: readonly number[];
}

/**
 * Checks every piece and manifest of an object and writes each bad shard anew, from front to back, beside the old
 * one; a rename puts it in place. Reads that are under way keep the files they opened.
 * Shards of nodes that do not answer are left alone.
 * @throws CyxError STORAGE_DATA_LOSS when some stripe has fewer than ten good pieces.
 */
export async function repairObject(nodes: readonly StorageNode[], key: ShardKey): Promise<RepairReport> {
  const object = await openObject(nodes, key);
  try {
    const badShards = await findBadShards(object);
    if (badShards.length > 0) await rewriteShards(nodes, object, badShards);
    return { cid: key.cid, repairedShards: badShards };
  } finally {
    await object.close();
  }
}

async function findBadShards(object: OpenObject): Promise<number[]> {
  const bad = new Set<number>(object.badManifests);
  for (const [shard, reader] of object.readers.entries()) {
    if (object.unreachable.has(shard)) continue;
    const isSound = reader !== undefined && (await readManifest(reader, object.key.cid)) !== undefined;
    if (!isSound) bad.add(shard);
  }
  const buffer = stripeBuffer();
  for (let stripe = 0; stripe < object.manifest.layout.stripes; stripe += 1) {
    const { badShards } = await readWholeStripe(object, stripe, buffer);
    for (const shard of badShards) bad.add(shard);
  }
  return [...bad].sort((left, right) => left - right);
}

async function rewriteShards(nodes: readonly StorageNode[], object: OpenObject, shards: readonly number[]): Promise<void> {
  const { key, manifest } = object;
  const writers = new Map<number, ShardWriter>();
  try {
    for (const shard of shards) writers.set(shard, await nodeOf(nodes, manifest, shard).beginShard(key.putId, shard));
    const buffer = stripeBuffer();
    for (let stripe = 0; stripe < manifest.layout.stripes; stripe += 1) {
      await readWholeStripe(object, stripe, buffer);
      const pieceBytes = pieceBytesOf(manifest.layout, stripe);
      await Promise.all(
        shards.map((shard) => writers.get(shard)!.append(buffer.subarray(shard * pieceBytes, (shard + 1) * pieceBytes))),
      );
    }
    const bytes = encodeManifest(headOf(manifest), manifest.pieces, manifest.tailLeaves);
    await Promise.all(shards.map((shard) => writers.get(shard)!.prepare(key.cid, bytes)));
  } catch (error) {
    await Promise.allSettled([...writers.values()].map((writer) => writer.abandon()));
    throw error;
  }
  for (const shard of shards) await nodeOf(nodes, manifest, shard).commit(key);
}

function headOf({ version, cid, putId, owner, createdAt, encryptedBytes, placement }: Manifest) {
  return { version, cid, putId, owner, createdAt, encryptedBytes, placement };
}

function nodeOf(nodes: readonly StorageNode[], manifest: Manifest, shard: number): StorageNode {
  const node = nodes.find(({ id }) => id === manifest.placement[shard]);
  if (node === undefined) {
    throw new CyxError('UNAVAILABLE', `Storage node ${manifest.placement[shard]} is not here: shard ${shard} can not be repaired`);
  }
  return node;
}

function stripeBuffer(): Uint8Array {
  return new Uint8Array(TOTAL_SHARDS * LEAF_BYTES);
}
