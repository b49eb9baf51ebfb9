import { CyxError } from '#core/errors/cyx-error';
import { LEAF_BYTES } from '../client/unixfs.ts';
import { TOTAL_SHARDS } from './erasure.ts';
import type { OpenObject } from './open-object.ts';
import { readStripe, type StripeRead } from './read-stripe.ts';
import { STRIPE_DATA_BYTES } from './stripes.ts';

/** Bytes `startByte` up to, not including, `endByte` of the encrypted object. */
export interface ByteRange {
  readonly startByte: number;
  readonly endByte: number;
}

/**
 * Yields the bytes of a range in order, reading one stripe ahead. A yielded view is good until the next one is asked
 * for. `onBad` hears of every shard that had to be made up for.
 */
export async function* readRange(
  object: OpenObject,
  range: ByteRange,
  onBad: (shards: readonly number[]) => void,
): AsyncGenerator<Uint8Array> {
  const first = Math.floor(range.startByte / STRIPE_DATA_BYTES);
  const afterLast = Math.ceil(range.endByte / STRIPE_DATA_BYTES);
  const buffers = [newBuffer(object), newBuffer(object)] as const;
  const start = (stripe: number): Promise<StripeRead> => {
    const read = readStripe(object, stripe, buffers[stripe % 2 === 0 ? 0 : 1]);
    // Awaited one turn later; a reader that went away meanwhile must not leave it unhandled.
    read.catch(() => undefined);
    return read;
  };
  let ahead = start(first);
  try {
    for (let stripe = first; stripe < afterLast; stripe += 1) {
      const { data, badShards } = await ahead;
      if (stripe + 1 < afterLast) ahead = start(stripe + 1);
      if (badShards.length > 0) onBad(badShards);
      const stripeStart = stripe * STRIPE_DATA_BYTES;
      yield data.subarray(Math.max(0, range.startByte - stripeStart), range.endByte - stripeStart);
    }
  } finally {
    // The read ahead still uses the shards' files: wait for it before anybody closes them.
    await ahead.catch(() => undefined);
  }
}

function newBuffer(object: OpenObject): Uint8Array {
  const pieceBytes = object.manifest.layout.fullStripes > 0 ? LEAF_BYTES : object.manifest.layout.tailPieceBytes;
  return new Uint8Array(TOTAL_SHARDS * pieceBytes);
}

/**
 * Parses an HTTP Range header (one range only). Undefined: no range, so the whole object.
 * @throws CyxError INVALID_INPUT for a range that is malformed or outside the object.
 */
export function parseRange(header: string | undefined, totalBytes: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (match === null || (from === '' && to === '')) {
    throw new CyxError('INVALID_INPUT', `"${header.slice(0, 80)}" is not one byte range: write e.g. bytes=0-1048575`);
  }
  const startByte = from === '' ? Math.max(0, totalBytes - Number(to)) : Number(from);
  const endByte = from === '' || to === '' ? totalBytes : Math.min(totalBytes, Number(to) + 1);
  if (startByte >= endByte) {
    throw new CyxError('INVALID_INPUT', `The range ${header} lies outside the object's ${totalBytes} bytes`);
  }
  return { startByte, endByte };
}
