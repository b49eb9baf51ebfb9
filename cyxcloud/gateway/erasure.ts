import { CyxError } from '#core/errors/cyx-error';
import { MatrixKernel } from './gf256-kernel.ts';
import { invertMatrix, multiplyMatrices, power, type Matrix } from './gf256.ts';

/** 10 data and 4 parity shards: any 10 rebuild the other 4. */
export const DATA_SHARDS = 10;
export const PARITY_SHARDS = 4;
export const TOTAL_SHARDS = DATA_SHARDS + PARITY_SHARDS;

const kernel = new MatrixKernel(DATA_SHARDS);

/**
 * Row s of this matrix makes shard s from the data: the Vandermonde matrix [s^c], times the inverse of its top, so
 * that the first ten rows are the data itself. Any ten rows can be inverted: that is the whole code.
 */
const GENERATOR: Matrix = generator();

/**
 * Fills the 4 parity pieces of a stripe from its 10 data pieces.
 * @param stripe 14 pieces of equal length, one after the other.
 */
export function encodeParity(stripe: Uint8Array): void {
  const pieces = piecesOf(stripe);
  kernel.apply(GENERATOR.slice(DATA_SHARDS), pieces.slice(0, DATA_SHARDS), pieces.slice(DATA_SHARDS));
}

/**
 * Rebuilds every piece that is not `present` from ten that are, parity included.
 * @throws CyxError STORAGE_DATA_LOSS when fewer than 10 are present.
 */
export function rebuildPieces(stripe: Uint8Array, present: readonly boolean[]): void {
  rebuild(stripe, present, TOTAL_SHARDS);
}

/** Rebuilds the data pieces only, for reads that do not need parity. */
export function rebuildData(stripe: Uint8Array, present: readonly boolean[]): void {
  rebuild(stripe, present, DATA_SHARDS);
}

/** What to say when fewer than ten shards are good. */
export function tooFewShards(goodShards: number): CyxError {
  const missing = TOTAL_SHARDS - goodShards;
  return new CyxError(
    'STORAGE_DATA_LOSS',
    `${missing} of the ${TOTAL_SHARDS} shards are missing or damaged; at most ${PARITY_SHARDS} may be. ` +
      'Bring the storage nodes that hold them back, or store the object again.',
    { facts: { missingShards: String(missing), goodShards: String(goodShards), neededShards: String(DATA_SHARDS) } },
  );
}

function rebuild(stripe: Uint8Array, present: readonly boolean[], wantedShards: number): void {
  const pieces = piecesOf(stripe);
  const good = pieces.flatMap((_, shard) => (present[shard] ? [shard] : []));
  if (good.length < DATA_SHARDS) throw tooFewShards(good.length);
  const lost = pieces.flatMap((_, shard) => (present[shard] || shard >= wantedShards ? [] : [shard]));
  if (lost.length === 0) return;
  const used = good.slice(0, DATA_SHARDS);
  const toData = inverseOf(used.map((shard) => GENERATOR[shard]!));
  const coefficients = multiplyMatrices(
    lost.map((shard) => GENERATOR[shard]!),
    toData,
  );
  kernel.apply(
    coefficients,
    used.map((shard) => pieces[shard]!),
    lost.map((shard) => pieces[shard]!),
  );
}

function piecesOf(stripe: Uint8Array): Uint8Array[] {
  const pieceBytes = stripe.length / TOTAL_SHARDS;
  if (pieceBytes === 0 || !Number.isInteger(pieceBytes)) {
    throw new CyxError('INTERNAL', `A stripe is ${TOTAL_SHARDS} pieces of equal length, not ${stripe.length} bytes`);
  }
  return Array.from({ length: TOTAL_SHARDS }, (_, shard) => stripe.subarray(shard * pieceBytes, (shard + 1) * pieceBytes));
}

function generator(): Matrix {
  const vandermonde = Array.from({ length: TOTAL_SHARDS }, (_, row) =>
    Array.from({ length: DATA_SHARDS }, (__, column) => power(row, column)),
  );
  return multiplyMatrices(vandermonde, inverseOf(vandermonde.slice(0, DATA_SHARDS)));
}

function inverseOf(matrix: Matrix): Matrix {
  const inverted = invertMatrix(matrix);
  if (inverted === undefined) throw new CyxError('INTERNAL', 'Ten rows of the generator matrix had no inverse');
  return inverted;
}
