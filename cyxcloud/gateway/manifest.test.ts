import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LEAF_BYTES } from '../client/unixfs.ts';
import { directoryNodes, openStore, patternBytes, putBytes, tempFolder } from '../testing/fixtures.ts';
import { TOTAL_SHARDS } from './erasure.ts';
import { decodeManifest, encodeManifest, type ManifestHead } from './manifest.ts';
import { layoutOf, STRIPE_DATA_BYTES } from './stripes.ts';

async function storedManifest(sizeBytes: number): Promise<{ cid: string; bytes: Uint8Array }> {
  const folder = await tempFolder();
  try {
    const nodes = directoryNodes(folder.path);
    const cid = await putBytes(await openStore(nodes), patternBytes(sizeBytes));
    const [key] = (await nodes[0]!.list()).committed;
    const reader = await nodes[0]!.open(key!);
    const bytes = await reader!.readManifest();
    await reader!.close();
    return { cid, bytes: bytes! };
  } finally {
    await folder.remove();
  }
}

/** The same manifest with a change that keeps its own checksum right, as a lying node would make it. */
function forge(bytes: Uint8Array, change: (body: Buffer) => void): Uint8Array {
  const body = Buffer.from(bytes.subarray(0, bytes.length - 32));
  change(body);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

describe('manifest', () => {
  it('is found damaged by every single flipped bit and every truncation', async () => {
    const { cid, bytes } = await storedManifest(100);
    expect((await decodeManifest(bytes, cid))?.encryptedBytes).toBe(100);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(await decodeManifest(flipped, cid)).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length += 1) expect(await decodeManifest(bytes.subarray(0, length), cid)).toBeUndefined();
  });

  it('can not name other bytes than the CID does, however it is forged', async () => {
    const { cid, bytes } = await storedManifest(STRIPE_DATA_BYTES + LEAF_BYTES + 1);
    const manifest = (await decodeManifest(bytes, cid))!;
    const piecesAt = bytes.length - 32 - manifest.tailLeaves.length - manifest.pieces.length;
    const firstLeaf = forge(bytes, (body) => (body[piecesAt]! ^= 1));
    const tailLeaf = forge(bytes, (body) => (body[body.length - 1]! ^= 1));
    for (const forged of [firstLeaf, tailLeaf]) expect(await decodeManifest(forged, cid)).toBeUndefined();
    const { layout: _, pieces, tailLeaves, ...head } = manifest;
    const shorter: ManifestHead = { ...head, encryptedBytes: head.encryptedBytes - 1 };
    expect(await decodeManifest(encodeManifest(shorter, pieces, tailLeaves), cid)).toBeUndefined();
  });

  it('of another object is refused', async () => {
    const [one, other] = [await storedManifest(100), await storedManifest(101)];
    expect(await decodeManifest(one.bytes, other.cid)).toBeUndefined();
  });
});

describe('layout', () => {
  it.each([1, 9, 10, 11, STRIPE_DATA_BYTES - 1, STRIPE_DATA_BYTES, STRIPE_DATA_BYTES + 1, 7 * STRIPE_DATA_BYTES + 3])(
    'of %i bytes stores them with no more than 40 %% and one byte a shard on top',
    (encryptedBytes) => {
      const { shardBytes, stripes, fullStripes, tailDataBytes } = layoutOf(encryptedBytes);
      expect(fullStripes * STRIPE_DATA_BYTES + tailDataBytes).toBe(encryptedBytes);
      expect(stripes).toBe(Math.ceil(encryptedBytes / STRIPE_DATA_BYTES));
      expect(shardBytes * TOTAL_SHARDS).toBeLessThan(encryptedBytes * 1.4 + TOTAL_SHARDS);
    },
  );
});
