import { randomUUID } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import { CidBuilder, DIGEST_BYTES, LEAF_BYTES } from '../client/unixfs.ts';
import type { ShardKey, ShardWriter, StorageNode } from '../node/types.ts';
import { encodeParity, TOTAL_SHARDS } from './erasure.ts';
import { encodeManifest, type ManifestHead } from './manifest.ts';
import { placeShards } from './placement.ts';
import { layoutOf, leafDigests, pieceDigests, sha256Sync, STRIPE_DATA_BYTES } from './stripes.ts';

export interface PutRequest {
  readonly source: AsyncIterable<Uint8Array>;
  readonly owner: string;
  readonly maxObjectBytes: number;
  readonly createdAt: Date;
}

/** Written and durable on all 14 nodes, and still invisible: `commit` or `abandon` it. */
export interface PreparedObject {
  readonly key: ShardKey;
  readonly head: ManifestHead;
  readonly nodes: readonly StorageNode[];
  abandon(): Promise<void>;
}

/** Streams an encrypted object onto 14 nodes. On any failure nothing is left behind. */
export async function prepareObject(nodes: readonly StorageNode[], request: PutRequest): Promise<PreparedObject> {
  const putId = randomUUID();
  const placed = placeShards(putId, nodes);
  const writers = await beginAll(placed, putId);
  const abandon = async (): Promise<void> => {
    await Promise.allSettled(writers.map((writer) => writer.abandon()));
  };
  try {
    const sink = new StripeSink(writers);
    await fillStripes(request, sink);
    const { cid, pieces, tailLeaves, encryptedBytes } = await sink.finish();
    const placement = placed.map((node) => node.id);
    const createdAt = request.createdAt.toISOString();
    const head: ManifestHead = { version: 1, cid, putId, owner: request.owner, createdAt, encryptedBytes, placement };
    const manifest = encodeManifest(head, pieces, tailLeaves);
    await settleAll(writers.map((writer) => writer.prepare(cid, manifest)));
    return { key: { cid, putId }, head, nodes: placed, abandon };
  } catch (error) {
    await abandon();
    throw error;
  }
}

async function beginAll(placed: readonly StorageNode[], putId: string): Promise<ShardWriter[]> {
  const begun = await Promise.allSettled(placed.map((node, shard) => node.beginShard(putId, shard)));
  const writers = begun.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (writers.length === placed.length) return writers;
  await Promise.allSettled(writers.map((writer) => writer.abandon()));
  const failed = placed.filter((_, shard) => begun[shard]!.status === 'rejected').map((node) => node.id);
  const cause = begun.find((result) => result.status === 'rejected')?.reason as unknown;
  throw new CyxError('UNAVAILABLE', `Storage node ${failed.join(', ')} does not take writes; nothing was stored`, { cause });
}

/** Collects the source into stripe buffers; while one is written the other is filled. */
async function fillStripes(request: PutRequest, sink: StripeSink): Promise<void> {
  let buffers = [newStripe(), newStripe()] as const;
  let filledBytes = 0;
  let totalBytes = 0;
  for await (const chunk of request.source) {
    totalBytes += chunk.length;
    if (totalBytes > request.maxObjectBytes) {
      throw new CyxError('PAYLOAD_TOO_LARGE', `An object may have at most ${request.maxObjectBytes} encrypted bytes`);
    }
    let offset = 0;
    while (offset < chunk.length) {
      const takenBytes = Math.min(STRIPE_DATA_BYTES - filledBytes, chunk.length - offset);
      buffers[0].set(chunk.subarray(offset, offset + takenBytes), filledBytes);
      filledBytes += takenBytes;
      offset += takenBytes;
      if (filledBytes < STRIPE_DATA_BYTES) continue;
      await sink.write(buffers[0], filledBytes);
      buffers = [buffers[1], buffers[0]];
      filledBytes = 0;
    }
  }
  if (totalBytes === 0) throw new CyxError('INVALID_INPUT', 'An encrypted object has at least one byte');
  if (filledBytes > 0) await sink.write(buffers[0], filledBytes);
}

function newStripe(): Uint8Array {
  return new Uint8Array(TOTAL_SHARDS * LEAF_BYTES);
}

/** Codes stripes, remembers their digests and appends the pieces to the 14 shards. */
class StripeSink {
  readonly #writers: readonly ShardWriter[];
  readonly #cid = new CidBuilder(sha256Sync);
  readonly #pieces: Uint8Array[] = [];
  #tailLeaves = new Uint8Array(0);
  #encryptedBytes = 0;
  #inFlight: Promise<void> = Promise.resolve();

  constructor(writers: readonly ShardWriter[]) {
    this.#writers = writers;
  }

  /**
   * Resolves when the stripe before this one is written: `buffer` must stay untouched until the next call resolves.
   * @param buffer Room for 14 pieces; the first `dataBytes` are the stripe's data.
   */
  async write(buffer: Uint8Array, dataBytes: number): Promise<void> {
    const isFull = dataBytes === STRIPE_DATA_BYTES;
    const pieceBytes = isFull ? LEAF_BYTES : layoutOf(dataBytes).tailPieceBytes;
    const stripe = buffer.subarray(0, TOTAL_SHARDS * pieceBytes);
    stripe.fill(0, dataBytes);
    encodeParity(stripe);
    const digests = pieceDigests(stripe);
    this.#pieces.push(digests);
    const leaves = isFull ? digests : leafDigests(stripe.subarray(0, dataBytes));
    if (!isFull) this.#tailLeaves = new Uint8Array(leaves);
    for (let at = 0; at < dataBytes; at += LEAF_BYTES) {
      const digestAt = (at / LEAF_BYTES) * DIGEST_BYTES;
      await this.#cid.addLeaf(leaves.subarray(digestAt, digestAt + DIGEST_BYTES), Math.min(LEAF_BYTES, dataBytes - at));
    }
    this.#encryptedBytes += dataBytes;
    await this.#inFlight;
    const appends = this.#writers.map((writer, shard) =>
      writer.append(stripe.subarray(shard * pieceBytes, (shard + 1) * pieceBytes)),
    );
    this.#inFlight = settleAll(appends);
    // Awaited by the next write or by finish; a source that fails first must not leave it unhandled.
    this.#inFlight.catch(() => undefined);
  }

  async finish(): Promise<{ cid: string; pieces: Uint8Array; tailLeaves: Uint8Array; encryptedBytes: number }> {
    await this.#inFlight;
    const cid = (await this.#cid.finish()).toString();
    return { cid, pieces: Buffer.concat(this.#pieces), tailLeaves: this.#tailLeaves, encryptedBytes: this.#encryptedBytes };
  }
}

/** Waits for all, so that nothing still runs when the first failure is reported. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  if (failed.reason instanceof CyxError) throw failed.reason;
  throw new CyxError('UNAVAILABLE', 'A storage node failed while the object was written; nothing was stored', {
    cause: failed.reason,
  });
}
