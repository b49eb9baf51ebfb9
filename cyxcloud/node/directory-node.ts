import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import {
  ensureFolder,
  isMissing,
  listFolder,
  moveFile,
  openForReading,
  readFully,
  removeFile,
  syncFolder,
  writeFully,
} from './durable-fs.ts';
import {
  decodeShardHeader,
  decodeTrailer,
  encodeShardHeader,
  encodeTrailer,
  SHARD_HEADER_BYTES,
  SHARD_TRAILER_BYTES,
} from './shard-file.ts';
import type { ShardKey, ShardListing, ShardReader, ShardWriter, StorageNode } from './types.ts';

/** More than any manifest that the size limits allow; a damaged trailer must not make us allocate more. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
const NAME = /^(bafybei[a-z2-7]{52})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
const PARTIAL_SUFFIX = '.part';

/**
 * A storage node that is one directory:
 * `incoming/<putId>.part` while written, `incoming/<cid>.<putId>` prepared, `objects/<cid>.<putId>` committed,
 * `tombstones/<cid>.<putId>` deleted. One file per shard; a rename is the commit. The folders are made again when
 * somebody removed them, so that a repair can refill a lost disk.
 */
export function directoryNode(id: string, root: string): StorageNode {
  const incoming = join(root, 'incoming');
  const objects = join(root, 'objects');
  const tombstones = join(root, 'tombstones');
  const committedPath = (key: ShardKey): string => join(objects, nameOf(key));

  return {
    id,
    async list(): Promise<ShardListing> {
      const [committed, prepared, buried] = await Promise.all([objects, incoming, tombstones].map(listKeys));
      return { committed: committed!, prepared: prepared!, tombstones: buried! };
    },
    async removePartial() {
      const partial = (await listFolder(incoming)).filter((name) => name.endsWith(PARTIAL_SUFFIX));
      await Promise.all(partial.map((name) => removeFile(join(incoming, name))));
    },
    async beginShard(putId, shardIndex) {
      await ensureFolder(incoming);
      await ensureFolder(objects);
      return beginShard(incoming, putId, shardIndex);
    },
    async commit(key) {
      const moved = await moveFile(join(incoming, nameOf(key)), committedPath(key));
      if (!moved && (await sizeOf(committedPath(key))) === undefined) {
        throw new CyxError('UNAVAILABLE', `Storage node ${id} lost a prepared shard of ${key.cid}`);
      }
      await syncFolder(objects);
    },
    open: (key) => openShard(committedPath(key), key.putId),
    payloadBytes: (key) => payloadBytes(committedPath(key)),
    async bury(key) {
      await ensureFolder(tombstones);
      const handle = await open(join(tombstones, nameOf(key)), 'w');
      await handle.close();
      await syncFolder(tombstones);
    },
    async remove(key) {
      const removed = await Promise.all([removeFile(committedPath(key)), removeFile(join(incoming, nameOf(key)))]);
      if (removed[0]) await syncFolder(objects);
    },
  };
}

function nameOf(key: ShardKey): string {
  const name = `${key.cid}.${key.putId}`;
  // Names become paths: nothing but a CID and a UUID may get here.
  if (!NAME.test(name)) throw new CyxError('INTERNAL', 'A shard key is not a CID and a UUID');
  return name;
}

async function listKeys(folder: string): Promise<ShardKey[]> {
  const names = await listFolder(folder);
  return names.flatMap((name) => {
    const match = NAME.exec(name);
    return match ? [{ cid: match[1]!, putId: match[2]! }] : [];
  });
}

async function beginShard(incoming: string, putId: string, shardIndex: number): Promise<ShardWriter> {
  const partialPath = join(incoming, `${putId}${PARTIAL_SUFFIX}`);
  const handle = await open(partialPath, 'w');
  let path = partialPath;
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  await writeFully(handle, encodeShardHeader(putId, shardIndex));
  return {
    append: (piece) => writeFully(handle, piece),
    async prepare(cid, manifest) {
      await writeFully(handle, manifest);
      await writeFully(handle, encodeTrailer(manifest.length));
      await handle.datasync();
      await close();
      const preparedPath = join(incoming, nameOf({ cid, putId }));
      await moveFile(partialPath, preparedPath);
      path = preparedPath;
      await syncFolder(incoming);
    },
    async abandon() {
      await close();
      await removeFile(path);
    },
  };
}

async function openShard(path: string, putId: string): Promise<ShardReader | undefined> {
  const handle = await openForReading(path);
  if (handle === undefined) return undefined;
  const header = new Uint8Array(SHARD_HEADER_BYTES);
  const shardIndex = (await readFully(handle, 0, header)) ? decodeShardHeader(header, putId) : undefined;
  if (shardIndex === undefined) {
    await handle.close();
    return undefined;
  }
  return {
    shardIndex,
    read: (offsetBytes, into) => readFully(handle, SHARD_HEADER_BYTES + offsetBytes, into),
    readManifest: () => readManifest(handle),
    close: () => handle.close(),
  };
}

async function readManifest(handle: FileHandle): Promise<Uint8Array | undefined> {
  const { size: sizeBytes } = await handle.stat();
  const manifestBytes = await manifestLength(handle, sizeBytes);
  if (manifestBytes === undefined) return undefined;
  const manifest = new Uint8Array(manifestBytes);
  const whole = await readFully(handle, sizeBytes - SHARD_TRAILER_BYTES - manifestBytes, manifest);
  return whole ? manifest : undefined;
}

async function payloadBytes(path: string): Promise<number | undefined> {
  const handle = await openForReading(path);
  if (handle === undefined) return undefined;
  try {
    const { size: sizeBytes } = await handle.stat();
    const manifestBytes = await manifestLength(handle, sizeBytes);
    return manifestBytes === undefined ? undefined : sizeBytes - SHARD_HEADER_BYTES - SHARD_TRAILER_BYTES - manifestBytes;
  } finally {
    await handle.close();
  }
}

async function manifestLength(handle: FileHandle, sizeBytes: number): Promise<number | undefined> {
  const trailer = Buffer.alloc(SHARD_TRAILER_BYTES);
  if (sizeBytes < SHARD_HEADER_BYTES + SHARD_TRAILER_BYTES) return undefined;
  if (!(await readFully(handle, sizeBytes - SHARD_TRAILER_BYTES, trailer))) return undefined;
  const manifestBytes = decodeTrailer(trailer);
  const roomBytes = sizeBytes - SHARD_HEADER_BYTES - SHARD_TRAILER_BYTES;
  const sound = manifestBytes !== undefined && manifestBytes <= Math.min(roomBytes, MAX_MANIFEST_BYTES);
  return sound ? manifestBytes : undefined;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
