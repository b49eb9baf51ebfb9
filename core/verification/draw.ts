/**
 * Which segments of a run a verifier re-executes. A segment is what lies between two links of the commitment chain.
 *
 *     seed  = SHA-256( "cyxwiz/verification-draw/v1" ‖ root ‖ blockhash ‖ secret )          28 + 32 + 32 + 32 bytes
 *     d     = SHA-256( seed ‖ u64 last step of the segment, little-endian )                  32 + 8 bytes
 *     drawn = floor( first 8 bytes of d, little-endian, ÷ 2^11 ) < rate × 2^53
 *
 * - `root`: last link of the commitment chain. The node fixes it with its result.
 * - `blockhash`: of the first block at or after commit slot + 32. It is not known when the root is committed.
 * - `secret`: 32 random bytes of the platform. Its SHA-256 is on chain since the node was assigned.
 *
 * The node knows neither secret nor blockhash when it chooses the root; the platform has fixed its secret before it knows
 * root or blockhash; whoever makes the block does not know the secret. So none of them can steer the draw alone, and once
 * the secret is shown anybody can draw again.
 */
import { CyxError } from '../errors/cyx-error.ts';

const TAG = new TextEncoder().encode('cyxwiz/verification-draw/v1');
const HASH_BYTES = 32;
/** The verdict's randomness is the block this many slots after the commit: far enough that nobody knows it yet. */
export const DRAW_AFTER_SLOTS = 32n;
/** Length of a slot, nominally. */
export const SLOT_MS = 400;

/** The steps after `fromStep` up to and including `toStep`, which is a link; `attempt` made them. */
export interface Segment {
  readonly fromStep: number;
  readonly toStep: number;
  readonly attempt: number;
}

/** Works in browsers and in Node alike. */
async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined));
}

/** What is written on chain when a node is assigned. */
export function drawHashOf(secret: Uint8Array): Promise<Uint8Array> {
  return sha256(requireHash(secret, 'secret'));
}

export interface DrawInput {
  /** 32 bytes each. */
  readonly root: Uint8Array;
  readonly blockhash: Uint8Array;
  readonly secret: Uint8Array;
  /** What the chain holds of the secret. */
  readonly drawHash: Uint8Array;
}

/** @throws CyxError STATE_CONFLICT where the secret is not the one that was committed. */
export async function drawSeed({ root, blockhash, secret, drawHash }: DrawInput): Promise<Uint8Array> {
  const committed = await drawHashOf(secret);
  if (drawHash.length !== HASH_BYTES || committed.some((byte, index) => byte !== drawHash[index])) {
    throw new CyxError('STATE_CONFLICT', 'The secret of the verification draw is not the one whose hash was committed on chain');
  }
  return sha256(TAG, requireHash(root, 'root'), requireHash(blockhash, 'blockhash'), secret);
}

/** A segment's own number in [0, 1): it is drawn where this lies below its rate. */
export async function lotOf(seed: Uint8Array, toStep: number): Promise<number> {
  const step = new Uint8Array(8);
  new DataView(step.buffer).setBigUint64(0, BigInt(toStep), true);
  const digest = await sha256(requireHash(seed, 'seed'), step);
  const bits = new DataView(digest.buffer).getBigUint64(0, true) >> 11n;
  return Number(bits) / 2 ** 53;
}

/**
 * The segments to re-execute, in their order. Each is drawn by itself with the rate of the attempt that made it.
 *
 * @param rates by attempt, 0 to 1. An attempt that is not named is re-executed in full.
 */
export async function drawSegments(seed: Uint8Array, segments: readonly Segment[], rates: Readonly<Record<string, number>>): Promise<Segment[]> {
  const lots = await Promise.all(segments.map(({ toStep }) => lotOf(seed, toStep)));
  return segments.filter(({ attempt }, index) => (lots[index] as number) < (rates[String(attempt)] ?? 1));
}

function requireHash(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length !== HASH_BYTES) throw new CyxError('INVALID_INPUT', `The ${name} of a verification draw has ${HASH_BYTES} bytes, not ${bytes.length}`);
  return bytes;
}
