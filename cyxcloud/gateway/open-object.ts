import { CyxError } from '#core/errors/cyx-error';
import type { ShardKey, ShardReader, StorageNode } from '../node/types.ts';
import { DATA_SHARDS, TOTAL_SHARDS, tooFewShards } from './erasure.ts';
import { decodeManifest, type Manifest } from './manifest.ts';

/** An object with a reader for each shard that can be opened. */
export interface OpenObject {
  readonly key: ShardKey;
  readonly manifest: Manifest;
  /** By shard index; undefined where the shard is missing or its header is damaged. */
  readonly readers: readonly (ShardReader | undefined)[];
  /** Shards whose own copy of the manifest was found damaged. */
  readonly badManifests: ReadonlySet<number>;
  /** Shards that are not lost as far as we know: their node did not answer. Nothing may be written in their place. */
  readonly unreachable: ReadonlySet<number>;
  close(): Promise<void>;
}

/**
 * Opens what is left of an object. Nodes that do not answer are made up for by the others.
 * @throws CyxError STORAGE_DATA_LOSS when fewer than 10 shards or no sound manifest are left; UNAVAILABLE when there
 * may be enough, but too many nodes do not answer now.
 */
export async function openObject(nodes: readonly StorageNode[], key: ShardKey): Promise<OpenObject> {
  const readers = new Array<ShardReader | undefined>(TOTAL_SHARDS).fill(undefined);
  const silentNodes = new Set<string>();
  const opened = await Promise.all(nodes.map((node) => openQuietly(node, key, silentNodes)));
  const spare: ShardReader[] = [];
  for (const reader of opened) {
    if (reader === undefined) continue;
    if (reader.shardIndex < TOTAL_SHARDS && readers[reader.shardIndex] === undefined) readers[reader.shardIndex] = reader;
    else spare.push(reader);
  }
  const close = async (): Promise<void> => {
    const open = [...readers, ...spare].filter((reader) => reader !== undefined);
    await Promise.allSettled(open.map((reader) => reader.close()));
  };
  try {
    const present = readers.filter((reader) => reader !== undefined).length;
    if (present < DATA_SHARDS) throw notEnough(present, silentNodes.size);
    const { manifest, badManifests } = await firstManifest(readers, key.cid);
    const unreachable = new Set(readers.flatMap((reader, shard) => (reader === undefined && silentNodes.has(manifest.placement[shard]!) ? [shard] : [])));
    return { key, manifest, readers, badManifests, unreachable, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lost, or only out of reach for now (no file handles left, a disk that does not answer)? Only the first is final. */
export function notEnough(goodShards: number, silentShards: number): CyxError {
  if (goodShards + silentShards < DATA_SHARDS) return tooFewShards(goodShards);
  return new CyxError('UNAVAILABLE', `${silentShards} of the ${TOTAL_SHARDS} storage nodes do not answer, so the object can not be read now: try again`);
}

/** A node says itself that a shard is missing or damaged; where it throws, it could not tell. */
async function openQuietly(node: StorageNode, key: ShardKey, silentNodes: Set<string>): Promise<ShardReader | undefined> {
  try {
    return await node.open(key);
  } catch {
    silentNodes.add(node.id);
    return undefined;
  }
}

async function firstManifest(
  readers: readonly (ShardReader | undefined)[],
  cid: string,
): Promise<{ manifest: Manifest; badManifests: Set<number> }> {
  const badManifests = new Set<number>();
  for (const [shard, reader] of readers.entries()) {
    if (reader === undefined) continue;
    const manifest = await readManifest(reader, cid);
    if (manifest !== undefined) return { manifest, badManifests };
    badManifests.add(shard);
  }
  throw tooFewShards(0);
}

/** The reader's copy of the manifest, or undefined where it can not be read or does not make up the CID. */
export async function readManifest(reader: ShardReader, cid: string): Promise<Manifest | undefined> {
  const bytes = await reader.readManifest().catch(() => undefined);
  return bytes === undefined ? undefined : decodeManifest(bytes, cid);
}
