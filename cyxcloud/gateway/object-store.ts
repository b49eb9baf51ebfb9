import { CyxError } from '#core/errors/cyx-error';
import type { ShardKey, StorageNode } from '../node/types.ts';
import { PARITY_SHARDS, TOTAL_SHARDS } from './erasure.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { Manifest, ManifestHead } from './manifest.ts';
import { openObject } from './open-object.ts';
import { prepareObject, type PreparedObject } from './put-object.ts';
import { readRange, type ByteRange } from './read-object.ts';
import { recover } from './recovery.ts';
import { RepairQueue } from './repair-queue.ts';
import { repairObject, type RepairReport } from './repair.ts';
import { layoutOf } from './stripes.ts';
import type { StorageActor, StorageLog } from './types.ts';

export interface StoredObject {
  readonly cid: string;
  readonly owner: string;
  readonly createdAt: string;
  readonly encryptedBytes: number;
  /** Payload of all 14 shards together. */
  readonly storedBytes: number;
  readonly shardLocations: readonly string[];
}

export interface ObjectRead extends StoredObject {
  /** Once only. A yielded view is good until the next one is asked for. */
  bytes(range?: ByteRange): AsyncGenerator<Uint8Array>;
  /** Must be called in the end, read or not. */
  close(): Promise<void>;
}

export interface PutInput {
  readonly source: AsyncIterable<Uint8Array>;
  readonly owner: string;
  readonly maxObjectBytes: number;
  /** A node's puts: the object is from now on the node's, whoever put the same bytes before, so nobody but the platform deletes it. */
  readonly takeOver?: boolean;
}

/** Encrypted objects on 14 nodes. Knows ciphertext only. */
export interface ObjectStore {
  /** Resolves when all 14 shards are durable. The same bytes again are the same object. */
  put(input: PutInput): Promise<StoredObject>;
  /** @throws CyxError NOT_FOUND; STORAGE_DATA_LOSS when fewer than 10 shards are left. */
  read(cid: string): Promise<ObjectRead>;
  head(cid: string): Promise<StoredObject & { readonly shardsPresent: number }>;
  /** Subject that put it. @throws as `read` does. */
  ownerOf(cid: string): Promise<string>;
  /** Only for the account that put it, and the platform. What a node put was paid for by somebody else: it may not. */
  delete(cid: string, actor: StorageActor): Promise<void>;
  /** Checks every byte of an object and rewrites what is missing or damaged. */
  repair(cid: string): Promise<RepairReport>;
  /** Resolves when the background repairs that reads asked for are done. */
  repairsIdle(): Promise<void>;
  readonly objectCount: number;
  close(): Promise<void>;
}

export interface ObjectStoreOptions {
  readonly nodes: readonly StorageNode[];
  readonly log: StorageLog;
  readonly now: () => Date;
}

/** Reads what the nodes hold, finishes what a crash interrupted, and opens for business. */
export async function openObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  const { objects, incomplete } = await recover(options.nodes);
  const store = new NodesObjectStore(options, new Map(objects));
  for (const key of incomplete) store.scheduleRepair(key.cid);
  options.log('info', 'Storage opened', { objects: objects.size, incomplete: incomplete.length });
  return store;
}

class NodesObjectStore implements ObjectStore {
  readonly #nodes: readonly StorageNode[];
  readonly #log: StorageLog;
  readonly #now: () => Date;
  readonly #index: Map<string, string>;
  readonly #lock = new KeyedLock();
  readonly #repairs: RepairQueue;

  constructor({ nodes, log, now }: ObjectStoreOptions, index: Map<string, string>) {
    this.#nodes = nodes;
    this.#log = log;
    this.#now = now;
    this.#index = index;
    this.#repairs = new RepairQueue((cid) => this.repair(cid), log);
  }

  get objectCount(): number {
    return this.#index.size;
  }

  async put({ source, owner, maxObjectBytes, takeOver = false }: PutInput): Promise<StoredObject> {
    const prepared = await prepareObject(this.#nodes, { source, owner, maxObjectBytes, createdAt: this.#now() });
    return this.#lock.run(prepared.key.cid, () => this.#publish(prepared, takeOver));
  }

  async read(cid: string): Promise<ObjectRead> {
    const object = await openObject(this.#nodes, this.#keyOf(cid));
    const missing = object.readers.flatMap((reader, shard) => (reader === undefined && !object.unreachable.has(shard) ? [shard] : []));
    const bad = new Set<number>([...missing, ...object.badManifests]);
    return {
      ...describe(object.manifest),
      bytes: (range = { startByte: 0, endByte: object.manifest.encryptedBytes }) =>
        readRange(object, range, (shards) => shards.forEach((shard) => bad.add(shard))),
      close: async () => {
        await object.close();
        if (bad.size === 0) return;
        this.#log('warn', 'Read made up for bad shards', { cid, shards: [...bad] });
        this.scheduleRepair(cid);
      },
    };
  }

  async head(cid: string): Promise<StoredObject & { readonly shardsPresent: number }> {
    const key = this.#keyOf(cid);
    const object = await openObject(this.#nodes, key);
    await object.close();
    const lengths = await Promise.all(this.#nodes.map((node) => node.payloadBytes(key).catch(() => undefined)));
    const shardsPresent = lengths.filter((bytes) => bytes === object.manifest.layout.shardBytes).length;
    return { ...describe(object.manifest), shardsPresent };
  }

  async ownerOf(cid: string): Promise<string> {
    return this.#ownerOf(this.#keyOf(cid));
  }

  async delete(cid: string, actor: StorageActor): Promise<void> {
    if (actor.role === 'node') {
      throw new CyxError('FORBIDDEN', 'A node may not delete objects: what it stored belongs to the job that paid for it');
    }
    await this.#lock.run(cid, async () => {
      const key = this.#keyOf(cid);
      if (actor.role !== 'platform') await this.#assertOwner(key, actor);
      this.#index.delete(cid);
      await this.#erase(key);
    });
    this.#log('info', 'Object deleted', { cid, subject: actor.subject });
  }

  repair(cid: string): Promise<RepairReport> {
    return this.#lock.run(cid, () => repairObject(this.#nodes, this.#keyOf(cid)));
  }

  scheduleRepair(cid: string): void {
    this.#repairs.add(cid);
  }

  repairsIdle(): Promise<void> {
    return this.#repairs.idle();
  }

  close(): Promise<void> {
    return this.#repairs.close();
  }

  #keyOf(cid: string): ShardKey {
    const putId = this.#index.get(cid);
    if (putId === undefined) throw new CyxError('NOT_FOUND', `There is no object ${cid}: check the CID, or put the object again`);
    return { cid, putId };
  }

  /** Commits a prepared put, unless the same bytes are stored already, readable and not to be taken over. */
  async #publish(prepared: PreparedObject, takeOver: boolean): Promise<StoredObject> {
    const { cid } = prepared.key;
    const oldPutId = this.#index.get(cid);
    if (oldPutId !== undefined) {
      const existing = await this.#readable({ cid, putId: oldPutId });
      if (existing !== undefined && (!takeOver || existing.owner === prepared.head.owner)) {
        await prepared.abandon();
        return existing;
      }
    }
    await Promise.all(prepared.nodes.map((node) => node.commit(prepared.key)));
    this.#index.set(cid, prepared.key.putId);
    // The new copy stands in for one that had lost too many shards, or that somebody else could have deleted.
    if (oldPutId !== undefined) await this.#erase({ cid, putId: oldPutId });
    return describe(prepared.head);
  }

  async #readable(key: ShardKey): Promise<StoredObject | undefined> {
    try {
      const object = await openObject(this.#nodes, key);
      await object.close();
      return describe(object.manifest);
    } catch (error) {
      if (error instanceof CyxError && error.code === 'STORAGE_DATA_LOSS') return undefined;
      throw error;
    }
  }

  async #ownerOf(key: ShardKey): Promise<string> {
    const object = await openObject(this.#nodes, key);
    await object.close();
    return object.manifest.owner;
  }

  async #assertOwner(key: ShardKey, actor: StorageActor): Promise<void> {
    if ((await this.#ownerOf(key)) === actor.subject) return;
    throw new CyxError('FORBIDDEN', 'Only the account that stored this object may delete it');
  }

  /** Tombstones first: on more nodes than parity, no ten nodes are left that could bring the object back. */
  async #erase(key: ShardKey): Promise<void> {
    const buried = await Promise.allSettled(this.#nodes.map((node) => node.bury(key)));
    const count = buried.filter((result) => result.status === 'fulfilled').length;
    if (count <= PARITY_SHARDS) {
      throw new CyxError('UNAVAILABLE', 'Too few storage nodes answer to delete the object for good: try again');
    }
    const removed = await Promise.allSettled(this.#nodes.map((node) => node.remove(key)));
    const failed = removed.filter((result) => result.status === 'rejected').length;
    if (failed > 0) this.#log('warn', 'Shards of a deleted object are left; the next start removes them', { cid: key.cid, failed });
  }
}

function describe(head: ManifestHead | Manifest): StoredObject {
  return {
    cid: head.cid,
    owner: head.owner,
    createdAt: head.createdAt,
    encryptedBytes: head.encryptedBytes,
    storedBytes: layoutOf(head.encryptedBytes).shardBytes * TOTAL_SHARDS,
    shardLocations: head.placement,
  };
}
