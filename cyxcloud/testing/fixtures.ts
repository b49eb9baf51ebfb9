import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOTAL_SHARDS } from '../gateway/erasure.ts';
import { openObjectStore, type ObjectStore } from '../gateway/object-store.ts';
import { directoryNode } from '../node/directory-node.ts';
import type { StorageNode } from '../node/types.ts';

/** Bytes that depend on their place only, so that any two runs agree on every CID. */
export function patternBytes(sizeBytes: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  for (let index = 0; index < sizeBytes; index += 1) bytes[index] = index * 31 + (index >>> 8) * 17 + (index >>> 16) + seed;
  return bytes;
}

export async function tempFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'cyxcloud-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function nodeFolder(dataDir: string, index: number): string {
  return join(dataDir, `node-${String(index).padStart(2, '0')}`);
}

export function directoryNodes(dataDir: string): StorageNode[] {
  return Array.from({ length: TOTAL_SHARDS }, (_, index) => directoryNode(`node-${index}`, nodeFolder(dataDir, index)));
}

export function openStore(nodes: readonly StorageNode[]): Promise<ObjectStore> {
  return openObjectStore({ nodes, log: () => undefined, now: () => new Date('2026-01-02T03:04:05Z') });
}

/** The shard file of an object in one node's folder. */
export async function shardFile(dataDir: string, index: number, cid: string): Promise<string> {
  const objects = join(nodeFolder(dataDir, index), 'objects');
  const name = (await readdir(objects)).find((entry) => entry.startsWith(cid));
  if (name === undefined) throw new Error(`node ${index} holds no shard of ${cid}`);
  return join(objects, name);
}

export async function* piecesOf(bytes: Uint8Array, pieceBytes = 100_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += pieceBytes) yield bytes.subarray(offset, offset + pieceBytes);
}

export async function putBytes(store: ObjectStore, bytes: Uint8Array, owner = 'alice'): Promise<string> {
  const { cid } = await store.put({ source: piecesOf(bytes), owner, maxObjectBytes: 1024 ** 3 });
  return cid;
}

/** Reads a whole object. Views are copied, since they are good only until the next one. */
export async function readBytes(store: ObjectStore, cid: string): Promise<Uint8Array> {
  const read = await store.read(cid);
  try {
    const pieces: Buffer[] = [];
    for await (const piece of read.bytes()) pieces.push(Buffer.from(piece));
    return new Uint8Array(Buffer.concat(pieces));
  } finally {
    await read.close();
  }
}

