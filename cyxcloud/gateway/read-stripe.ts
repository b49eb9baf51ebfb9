import { CyxError } from '#core/errors/cyx-error';
import { equalBytes } from '../client/bytes.ts';
import { DATA_SHARDS, PARITY_SHARDS, rebuildData, rebuildPieces, TOTAL_SHARDS } from './erasure.ts';
import { pieceDigest } from './manifest.ts';
import { notEnough, type OpenObject } from './open-object.ts';
import { dataBytesOf, frameDigest, leafDigests, pieceBytesOf } from './stripes.ts';

const DATA_INDEXES = Array.from({ length: DATA_SHARDS }, (_, shard) => shard);
const PARITY_INDEXES = Array.from({ length: PARITY_SHARDS }, (_, parity) => DATA_SHARDS + parity);

export interface StripeRead {
  /** The stripe's data, a view into the caller's buffer. */
  readonly data: Uint8Array;
  /** Shards whose piece was missing or had another digest than the manifest says. */
  readonly badShards: readonly number[];
}

/**
 * Reads the ten data pieces of a stripe, checks each against the manifest, and makes up for bad ones from parity.
 * @param buffer Room for 14 pieces of the stripe.
 * @throws CyxError STORAGE_DATA_LOSS when fewer than ten pieces are good; UNAVAILABLE when nodes that do not answer may hold the rest.
 */
export async function readStripe(object: OpenObject, stripe: number, buffer: Uint8Array): Promise<StripeRead> {
  const frame = new StripeFrame(object, stripe, buffer);
  await frame.readPieces(DATA_INDEXES);
  if (frame.goodPieces < DATA_SHARDS) await frame.readPieces(PARITY_INDEXES);
  frame.assertEnough();
  if (!frame.isDataWhole) {
    rebuildData(frame.bytes, frame.present);
    frame.checkRebuilt(DATA_INDEXES);
  }
  return { data: frame.checkedData(), badShards: frame.badShards };
}

/** Reads and checks all 14 pieces and rebuilds those that are bad: for audits and repair. */
export async function readWholeStripe(object: OpenObject, stripe: number, buffer: Uint8Array): Promise<StripeRead> {
  const frame = new StripeFrame(object, stripe, buffer);
  await frame.readPieces([...DATA_INDEXES, ...PARITY_INDEXES]);
  frame.assertEnough();
  if (!frame.present.every(Boolean)) {
    rebuildPieces(frame.bytes, frame.present);
    frame.checkRebuilt([...DATA_INDEXES, ...PARITY_INDEXES]);
  }
  return { data: frame.checkedData(), badShards: frame.badShards };
}

class StripeFrame {
  readonly bytes: Uint8Array;
  readonly present = new Array<boolean>(TOTAL_SHARDS).fill(false);
  readonly badShards: number[] = [];
  readonly #object: OpenObject;
  readonly #stripe: number;
  readonly #pieceBytes: number;

  constructor(object: OpenObject, stripe: number, buffer: Uint8Array) {
    this.#object = object;
    this.#stripe = stripe;
    this.#pieceBytes = pieceBytesOf(object.manifest.layout, stripe);
    this.bytes = buffer.subarray(0, TOTAL_SHARDS * this.#pieceBytes);
  }

  get goodPieces(): number {
    return this.present.filter(Boolean).length;
  }

  get isDataWhole(): boolean {
    return this.present.slice(0, DATA_SHARDS).every(Boolean);
  }

  async readPieces(shards: readonly number[]): Promise<void> {
    await Promise.all(
      shards.map(async (shard) => {
        const isGood = await this.#readPiece(shard);
        this.present[shard] = isGood;
        if (!isGood && !this.#object.unreachable.has(shard)) this.badShards.push(shard);
      }),
    );
  }

  assertEnough(): void {
    if (this.goodPieces < DATA_SHARDS) throw notEnough(this.goodPieces, this.#object.unreachable.size);
  }

  /** A manifest could carry false parity digests; the data's are proven by the CID, so this is where a lie ends. */
  checkRebuilt(shards: readonly number[]): void {
    for (const shard of shards) {
      if (!this.present[shard] && !this.#isGood(shard)) throw notWhatWasPut(this.#object.key.cid);
    }
  }

  checkedData(): Uint8Array {
    const { layout, tailLeaves } = this.#object.manifest;
    const data = this.bytes.subarray(0, dataBytesOf(layout, this.#stripe));
    // Pieces of the tail are not leaves: its leaves tie it to the CID.
    const isTail = this.#stripe >= layout.fullStripes;
    if (isTail && !equalBytes(leafDigests(data), tailLeaves)) throw notWhatWasPut(this.#object.key.cid);
    return data;
  }

  async #readPiece(shard: number): Promise<boolean> {
    const reader = this.#object.readers[shard];
    if (reader === undefined) return false;
    // Every stripe before this one is full, so its pieces have the full length.
    const offsetBytes = this.#stripe * pieceBytesOf(this.#object.manifest.layout, 0);
    const isWhole = await reader.read(offsetBytes, this.#piece(shard)).catch(() => false);
    return isWhole && this.#isGood(shard);
  }

  #isGood(shard: number): boolean {
    return equalBytes(frameDigest(this.#piece(shard)), pieceDigest(this.#object.manifest, this.#stripe, shard));
  }

  #piece(shard: number): Uint8Array {
    return this.bytes.subarray(shard * this.#pieceBytes, (shard + 1) * this.#pieceBytes);
  }
}

function notWhatWasPut(cid: string): CyxError {
  return new CyxError('STORAGE_CORRUPT', `The shards of ${cid} do not add up to the object that was put`);
}
