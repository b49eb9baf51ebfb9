import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directoryNodes, nodeFolder, openStore, patternBytes, piecesOf, putBytes, readBytes, tempFolder } from '../testing/fixtures.ts';
import type { StorageNode } from '../node/types.ts';
import { prepareObject } from './put-object.ts';

const BYTES = patternBytes(3000);

/** A power cut after so many commits, or burials and removals, of one node each. */
class PowerCut extends Error {}

/** Nodes that stop working for good after `steps` changes, like a process that is killed in the middle. */
function nodesThatStopAfter(nodes: readonly StorageNode[], steps: number): StorageNode[] {
  let left = steps;
  const step = async (work: () => Promise<void>): Promise<void> => {
    if (left === 0) throw new PowerCut();
    left -= 1;
    await work();
  };
  return nodes.map((node) => ({
    ...node,
    commit: (key) => step(() => node.commit(key)),
    bury: (key) => step(() => node.bury(key)),
    remove: (key) => step(() => node.remove(key)),
  }));
}

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await tempFolder();
  try {
    await work(folder.path);
  } finally {
    await folder.remove();
  }
}

describe('recovery after a crash', () => {
  it('forgets a put that no node committed', () =>
    inFolder(async (path) => {
      const nodes = directoryNodes(path);
      const request = { source: piecesOf(BYTES), owner: 'alice', maxObjectBytes: 1e9, createdAt: new Date() };
      const { key } = await prepareObject(nodes, request);
      const store = await openStore(nodes);
      await expect(store.read(key.cid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      for (let index = 0; index < 14; index += 1) expect(await readdir(join(nodeFolder(path, index), 'incoming'))).toEqual([]);
    }));

  it('removes half-written shards', () =>
    inFolder(async (path) => {
      const nodes = directoryNodes(path);
      const writer = await nodes[0]!.beginShard('00000000-0000-4000-8000-000000000000', 0);
      await writer.append(BYTES);
      await openStore(nodes);
      expect(await readdir(join(nodeFolder(path, 0), 'incoming'))).toEqual([]);
      await writer.abandon();
    }));

  it('has all of a put or nothing of it, wherever the commits were cut off', async () => {
    const cases = fc.asyncProperty(fc.integer({ min: 0, max: 14 }), (steps) =>
      inFolder(async (path) => {
        const nodes = directoryNodes(path);
        const dying = await openStore(nodesThatStopAfter(nodes, steps));
        const outcome = await putBytes(dying, BYTES).catch((error: unknown) => error);
        expect(typeof outcome === 'string').toBe(steps === 14);
        const store = await openStore(nodes);
        await store.repairsIdle();
        expect(store.objectCount).toBe(steps === 0 ? 0 : 1);
        if (steps === 0) return;
        const cid = await putBytes(store, BYTES);
        expect(await readBytes(store, cid)).toEqual(BYTES);
        expect((await store.head(cid)).shardsPresent).toBe(14);
      }),
    );
    await fc.assert(cases, { numRuns: 15, examples: [[0], [1], [13], [14]] });
  });

  it('has all of an object or nothing of it, wherever a delete was cut off', async () => {
    const cases = fc.asyncProperty(fc.integer({ min: 0, max: 28 }), (steps) =>
      inFolder(async (path) => {
        const nodes = directoryNodes(path);
        const cid = await putBytes(await openStore(nodes), BYTES);
        const dying = await openStore(nodesThatStopAfter(nodes, steps));
        await dying.delete(cid, { subject: 'alice', role: 'user' }).catch((error: unknown) => error);
        const store = await openStore(nodes);
        await store.repairsIdle();
        if (steps > 0) await expect(store.read(cid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
        else expect(await readBytes(store, cid)).toEqual(BYTES);
      }),
    );
    await fc.assert(cases, { numRuns: 15, examples: [[0], [1], [4], [5], [14], [20], [28]] });
  });

  it('does not bring a deleted object back from nodes that were away', () =>
    inFolder(async (path) => {
      const nodes = directoryNodes(path);
      const cid = await putBytes(await openStore(nodes), BYTES);
      const store = await openStore(nodes.map((node, index) => (index < 9 ? away(node) : node)));
      await store.delete(cid, { subject: 'cyxwiz', role: 'platform' });
      const later = await openStore(nodes);
      expect(later.objectCount).toBe(0);
      expect((await nodes[0]!.list()).committed).toEqual([]);
    }));
});

/** A node that can be listed and read, but refuses every change. */
function away(node: StorageNode): StorageNode {
  const refuse = (): Promise<never> => Promise.reject(new PowerCut());
  return { ...node, bury: refuse, remove: refuse };
}
