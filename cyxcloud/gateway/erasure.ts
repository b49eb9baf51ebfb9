import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReedSolomonErasure } from '@digitaldefiance/reed-solomon-erasure.wasm';
import { CyxError } from '#core/errors/cyx-error';

/** 10 data and 4 parity shards: any 10 rebuild the other 4. */
export const DATA_SHARDS = 10;
export const PARITY_SHARDS = 4;
export const TOTAL_SHARDS = DATA_SHARDS + PARITY_SHARDS;

// The package's own loader looks for a CommonJS __dirname, which ES modules do not have.
const wasmPath = createRequire(import.meta.url).resolve('@digitaldefiance/reed-solomon-erasure.wasm/wasm');
const coder = ReedSolomonErasure.fromBytes(readFileSync(wasmPath));

/**
 * Fills the 4 parity pieces of a stripe from its 10 data pieces.
 * @param stripe 14 pieces of equal length, one after the other.
 */
export function encodeParity(stripe: Uint8Array): void {
  assertStripe(stripe);
  check(coder.encode(stripe, DATA_SHARDS, PARITY_SHARDS));
}

/**
 * Rebuilds every piece that is not `present` from any 10 that are, parity included.
 * @throws CyxError STORAGE_DATA_LOSS when fewer than 10 are present.
 */
export function rebuildPieces(stripe: Uint8Array, present: readonly boolean[]): void {
  assertStripe(stripe);
  const goodPieces = present.filter(Boolean).length;
  if (goodPieces < DATA_SHARDS) throw tooFewShards(goodPieces);
  const isDataWhole = present.slice(0, DATA_SHARDS).every(Boolean);
  if (!isDataWhole) check(coder.reconstruct(stripe, DATA_SHARDS, PARITY_SHARDS, [...present]));
  // The package rebuilds data only; parity follows from whole data.
  if (!present.slice(DATA_SHARDS).every(Boolean)) encodeParity(stripe);
}

/** Only the data pieces, for reads that do not need parity. */
export function rebuildData(stripe: Uint8Array, present: readonly boolean[]): void {
  assertStripe(stripe);
  check(coder.reconstruct(stripe, DATA_SHARDS, PARITY_SHARDS, [...present]));
}

export function tooFewShards(goodShards: number): CyxError {
  const missing = TOTAL_SHARDS - goodShards;
  return new CyxError(
    'STORAGE_DATA_LOSS',
    `${missing} of the ${TOTAL_SHARDS} shards are missing or damaged; at most ${PARITY_SHARDS} may be. ` +
      'Bring the storage nodes that hold them back, or store the object again.',
    { facts: { missingShards: String(missing), goodShards: String(goodShards), neededShards: String(DATA_SHARDS) } },
  );
}

function assertStripe(stripe: Uint8Array): void {
  if (stripe.length === 0 || stripe.length % TOTAL_SHARDS !== 0) {
    throw new CyxError('INTERNAL', `A stripe is ${TOTAL_SHARDS} pieces of equal length, not ${stripe.length} bytes`);
  }
}

function check(result: number): void {
  if (result === ReedSolomonErasure.RESULT_OK) return;
  throw new CyxError('INTERNAL', `Erasure coding failed: ${ReedSolomonErasure.getResultMessage(result)}`);
}
