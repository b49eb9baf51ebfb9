import { createHash } from 'node:crypto';
import { readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEAF_BYTES } from '../client/unixfs.ts';
import { directoryNodes, nodeFolder, openStore, patternBytes, piecesOf, putBytes, readBytes, shardFile, tempFolder } from '../testing/fixtures.ts';
import type { ObjectStore } from './object-store.ts';
import { STRIPE_DATA_BYTES } from './stripes.ts';

let folder: Awaited<ReturnType<typeof tempFolder>>;
let store: ObjectStore;

beforeEach(async () => {
  folder = await tempFolder();
  store = await openStore(directoryNodes(folder.path));
});
afterEach(async () => {
  await store.close();
  await folder.remove();
});

const reopen = async (): Promise<void> => {
  await store.close();
  store = await openStore(directoryNodes(folder.path));
};
const loseNodes = (indexes: readonly number[]): Promise<void[]> =>
  Promise.all(indexes.map((index) => rm(nodeFolder(folder.path, index), { recursive: true })));

async function flipBit(index: number, cid: string, atByte: number): Promise<void> {
  const file = await shardFile(folder.path, index, cid);
  const bytes = await readFile(file);
  bytes[atByte < 0 ? bytes.length + atByte : atByte]! ^= 0x10;
  await writeFile(file, bytes);
}

/** A folder that leads to itself: opening anything in it fails, and not because it is missing. */
async function breakNode(index: number): Promise<() => Promise<void>> {
  const objects = join(nodeFolder(folder.path, index), 'objects');
  await rename(objects, `${objects}.away`);
  await symlink('objects', objects);
  return async () => {
    await unlink(objects);
    await rename(`${objects}.away`, objects);
  };
}

/** Hashes of the 14 shard files: equal hashes are equal bytes, and quicker to compare. */
async function shardHashes(cid: string): Promise<string[]> {
  const files = Array.from({ length: 14 }, async (_, index) => readFile(await shardFile(folder.path, index, cid)));
  return (await Promise.all(files)).map((bytes) => createHash('sha256').update(bytes).digest('hex'));
}

const SIZES = [1, 9, 10, 11, 139, LEAF_BYTES - 1, LEAF_BYTES, LEAF_BYTES + 1, STRIPE_DATA_BYTES - 1, STRIPE_DATA_BYTES, STRIPE_DATA_BYTES + 1, 20 * 1024 * 1024];

describe('object store', () => {
  it.each(SIZES)('gives %i bytes back, whole and with four nodes lost', async (sizeBytes) => {
    const bytes = patternBytes(sizeBytes);
    const cid = await putBytes(store, bytes);
    expect(Buffer.compare(await readBytes(store, cid), bytes)).toBe(0);
    await loseNodes([0, 3, 7, 12]);
    expect(Buffer.compare(await readBytes(store, cid), bytes)).toBe(0);
  });

  it('makes the lost shards again after a read, byte for byte', async () => {
    const bytes = patternBytes(STRIPE_DATA_BYTES + 12_345);
    const cid = await putBytes(store, bytes);
    const before = await shardHashes(cid);
    await loseNodes([1, 2, 5, 13]);
    await readBytes(store, cid);
    await store.repairsIdle();
    expect(await shardHashes(cid)).toEqual(before);
    expect((await store.head(cid)).shardsPresent).toBe(14);
  });

  it('repairs at start what is missing, without a read', async () => {
    const cid = await putBytes(store, patternBytes(1000));
    await loseNodes([4, 6]);
    await reopen();
    await store.repairsIdle();
    expect((await store.head(cid)).shardsPresent).toBe(14);
  });

  it.each([
    ['header', 0],
    ['header checksum', 40],
    ['first piece', 64],
    ['second stripe', 64 + LEAF_BYTES + 5],
    ['manifest', -200],
    ['trailer', -1],
  ])('finds a flipped bit in the %s of a shard and repairs it', async (_, atByte) => {
    const bytes = patternBytes(STRIPE_DATA_BYTES + 999);
    const cid = await putBytes(store, bytes);
    const before = await shardHashes(cid);
    for (const index of [0, 5, 9, 11]) await flipBit(index, cid, atByte);
    expect(Buffer.compare(await readBytes(store, cid), bytes)).toBe(0);
    expect((await store.repair(cid)).repairedShards.length).toBeLessThanOrEqual(4);
    await store.repairsIdle();
    expect(await shardHashes(cid)).toEqual(before);
    expect((await store.repair(cid)).repairedShards).toEqual([]);
  });

  it('reads damage spread over more than four shards, as long as each stripe has ten good pieces', async () => {
    const bytes = patternBytes(2 * STRIPE_DATA_BYTES);
    const cid = await putBytes(store, bytes);
    for (const index of [0, 1, 2, 3]) await flipBit(index, cid, 64);
    for (const index of [4, 5, 6, 7]) await flipBit(index, cid, 64 + LEAF_BYTES);
    expect(Buffer.compare(await readBytes(store, cid), bytes)).toBe(0);
    await store.repairsIdle();
    expect((await store.repair(cid)).repairedShards).toEqual([]);
  });

  it('says how many shards are missing when five are, and gives nothing back', async () => {
    const cid = await putBytes(store, patternBytes(100));
    await loseNodes([0, 1, 2, 3, 13]);
    await expect(readBytes(store, cid)).rejects.toMatchObject({ code: 'STORAGE_DATA_LOSS', message: expect.stringMatching(/^5 of the 14 shards/) as string });
  });

  it('says the same when five are rotten', async () => {
    const cid = await putBytes(store, patternBytes(LEAF_BYTES * 3));
    for (const index of [2, 4, 6, 8, 10]) await flipBit(index, cid, 70);
    await expect(readBytes(store, cid)).rejects.toMatchObject({ code: 'STORAGE_DATA_LOSS', facts: { missingShards: '5' } });
    await expect(store.repair(cid)).rejects.toMatchObject({ code: 'STORAGE_DATA_LOSS' });
  });

  it('takes the same object again to heal one that lost too many shards', async () => {
    const bytes = patternBytes(5000);
    const cid = await putBytes(store, bytes);
    await loseNodes([0, 1, 2, 3, 4, 5]);
    expect(await putBytes(store, bytes, 'bob')).toBe(cid);
    expect(await readBytes(store, cid)).toEqual(bytes);
    await reopen();
    expect(await readBytes(store, cid)).toEqual(bytes);
  });

  it('keeps one copy of the same bytes', async () => {
    const bytes = patternBytes(5000);
    const [first, second] = await Promise.all([putBytes(store, bytes), putBytes(store, bytes, 'bob')]);
    expect(first).toBe(second);
    expect(store.objectCount).toBe(1);
    await reopen();
    expect(await readBytes(store, first)).toEqual(bytes);
  });

  it('leaves nothing of a put whose source fails or is too long', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield patternBytes(STRIPE_DATA_BYTES + 5);
      throw new Error('the sender hung up');
    };
    await expect(store.put({ source: broken(), owner: 'alice', maxObjectBytes: 1e9 })).rejects.toThrow('hung up');
    const long = store.put({ source: piecesOf(patternBytes(1001)), owner: 'alice', maxObjectBytes: 1000 });
    await expect(long).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const empty = store.put({ source: piecesOf(new Uint8Array(0)), owner: 'alice', maxObjectBytes: 1000 });
    await expect(empty).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    for (const node of directoryNodes(folder.path)) expect(await node.list()).toEqual({ committed: [], prepared: [], tombstones: [] });
    expect(store.objectCount).toBe(0);
  });

  it('does not take nodes that fail for nodes that lost their shards', async () => {
    const bytes = patternBytes(STRIPE_DATA_BYTES + 777);
    const cid = await putBytes(store, bytes);
    const mends = [await breakNode(1)];
    expect(Buffer.compare(await readBytes(store, cid), bytes)).toBe(0);
    await flipBit(6, cid, 64);
    expect((await store.repair(cid)).repairedShards).toHaveLength(1);
    for (const index of [2, 3, 8, 12]) mends.push(await breakNode(index));
    for (const refused of [readBytes(store, cid), store.head(cid), store.repair(cid)]) await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await Promise.all(mends.map((mend) => mend()));
    expect(Buffer.compare(await readBytes(store, cid), bytes)).toBe(0);
    expect((await store.repair(cid)).repairedShards).toEqual([]);
  });

  it('keeps what a node stored from the node, and from whoever put the same bytes first', async () => {
    const bytes = patternBytes(4000);
    const put = (owner: string, takeOver: boolean) => store.put({ source: piecesOf(bytes), owner, maxObjectBytes: 1e6, takeOver });
    const { cid } = await put('provider', false);
    await put('node-1', true);
    await put('provider', false);
    for (const actor of [{ subject: 'node-1', role: 'node' }, { subject: 'provider', role: 'user' }] as const) {
      await expect(store.delete(cid, actor)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    await reopen();
    await expect(store.delete(cid, { subject: 'provider', role: 'user' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect([await readBytes(store, cid), store.objectCount]).toEqual([bytes, 1]);
  });

  it('deletes for the owner and the platform only, and for good', async () => {
    const cid = await putBytes(store, patternBytes(100), 'alice');
    await expect(store.delete(cid, { subject: 'bob', role: 'user' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await store.delete(cid, { subject: 'alice', role: 'user' });
    await expect(store.read(cid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await reopen();
    await expect(store.read(cid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await putBytes(store, patternBytes(100), 'bob')).toBe(cid);
    await reopen();
    expect(await readBytes(store, cid)).toEqual(patternBytes(100));
    await store.delete(cid, { subject: 'cyxwiz', role: 'platform' });
    await expect(store.head(cid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
