/**
 * The products of a challenge, in plain TypeScript. Block i of a task is
 *
 *   V₀ = ((sᵢ·R + tᵢ) mod 4096) / 2048 − 1,   Vⱼ₊₁ = sin(c·Vⱼ·Q),   Pᵢ = c·V_{depth−1}·Q
 *
 * with R of whole numbers below 4096 and Q of values in [−1, 1), both from the seed, and whole sᵢ and tᵢ below 4096: all of V₀
 * is exact in float32 on every device. The wrapping around makes blocks with neighbouring s unlike each other; a smooth
 * function of s could be interpolated from a few dozen of them. Between two products stands a sine, so products can not
 * be joined or shared. c keeps what goes into the sine small, and rounding errors from growing along the chain.
 *
 * The answer to a nonce, which gives x and y with values in [−1, 1): z = Σₐ yₐ Σᵦ |Pᵢ[a,b]|·xᵦ for every group of rows.
 * Because of the absolute values it needs each product by itself, and because x and y have both signs, values that were
 * kept with fewer digits show in it. A row depends on its own row of R only, so a group is checked without the rest.
 */
import { answerLength, type ChallengeSize, type ChallengeTask } from './task.ts';

const STEPS = 4096;
const GAIN = 1.25;

/** What goes by one number in the hash: two streams of the same seed have nothing in common. */
const STREAM = { r: 0, q: 1, s: 2, t: 3, x: 4, y: 5 } as const;
type Stream = keyof typeof STREAM;

function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Counter-based: any value of a stream without the ones before it. 32 bits. */
function hasher(seed: string, stream: Stream): (index: number) => number {
  const [a, b, c, d] = [0, 8, 16, 24].map((at) => Number.parseInt(seed.slice(at, at + 8), 16)) as [number, number, number, number];
  const k0 = mixed(a ^ Math.imul(STREAM[stream] + 1, 0x9e3779b1)) ^ b;
  const k1 = mixed(c ^ k0) ^ d;
  return (index) => mixed(Math.imul(mixed((index | 0) ^ k0), 0x27d4eb2f) ^ k1) >>> 0;
}

/** In [−1, 1), a multiple of 2⁻²³: exact in float32. */
const toUnit = (hash: number): number => (hash >>> 8) / 8_388_608 - 1;

function filled(length: number, valueAt: (index: number) => number): Float32Array {
  const values = new Float32Array(length);
  for (let index = 0; index < length; index++) values[index] = valueAt(index);
  return values;
}

/** Where all blocks start from, row by row: whole numbers below 4096. */
export function startMatrix({ seed, side }: Pick<ChallengeTask, 'seed' | 'side'>): Float32Array {
  const hash = hasher(seed, 'r');
  return filled(side * side, (index) => hash(index) % STEPS);
}

/** The factor of all products. */
export function factorMatrix({ seed, side }: Pick<ChallengeTask, 'seed' | 'side'>): Float32Array {
  const hash = hasher(seed, 'q');
  return filled(side * side, (index) => toUnit(hash(index)));
}

/** sᵢ and tᵢ. An odd s below 4096 gives each start value another place. */
export function blockNumbers(seed: string, block: number): { readonly s: number; readonly t: number } {
  return { s: 1_025 + 2 * (hasher(seed, 's')(block) % 1_535), t: hasher(seed, 't')(block) % STEPS };
}

/** c, by which every product is multiplied. */
export function productScale(side: number): number {
  return GAIN * Math.sqrt(3 / side);
}

/** x and y of a nonce, `side` values each. */
export function nonceVectors(nonce: string, side: number): { readonly x: Float32Array; readonly y: Float32Array } {
  const [x, y] = (['x', 'y'] as const).map((stream) => {
    const hash = hasher(nonce, stream);
    return filled(side, (index) => toUnit(hash(index)));
  });
  return { x: x!, y: y! };
}

/** The rows of V₀ from `first` on. */
function startRows({ seed, side }: ChallengeTask, block: number, first: number, count: number): Float64Array {
  const hash = hasher(seed, 'r');
  const { s, t } = blockNumbers(seed, block);
  const values = new Float64Array(count * side);
  for (let at = 0; at < values.length; at++) values[at] = ((s * (hash(first * side + at) % STEPS) + t) % STEPS) / (STEPS / 2) - 1;
  return values;
}

/** c·row·Q. By rows of Q, so that memory is read in its order; four of them at a time, so that the sums are read and written less often. */
function timesFactor(row: Float64Array, factor: Float32Array, scale: number): Float64Array {
  const side = row.length;
  const product = new Float64Array(side);
  for (let a = 0; a < side; a += 4) {
    const [v0, v1, v2, v3] = [row[a]! * scale, row[a + 1]! * scale, row[a + 2]! * scale, row[a + 3]! * scale];
    const [q0, q1, q2, q3] = [a * side, (a + 1) * side, (a + 2) * side, (a + 3) * side];
    for (let b = 0; b < side; b++) {
      product[b]! += v0 * factor[q0 + b]! + v1 * factor[q1 + b]! + v2 * factor[q2 + b]! + v3 * factor[q3 + b]!;
    }
  }
  return product;
}

/**
 * Rows of a block's product, in double precision; one after the other, with a pause after each product that whoever has
 * other things to do may use.
 */
export function* productRows(task: ChallengeTask, factor: Float32Array, { block, first, count }: { block: number; first: number; count: number }): Generator<undefined, Float64Array[]> {
  const { side, depth } = task;
  const scale = productScale(side);
  const start = startRows(task, block, first, count);
  const rows: Float64Array[] = [];
  for (let at = 0; at < count; at++) {
    let row = start.subarray(at * side, (at + 1) * side);
    for (let product = 1; product <= depth; product++) {
      row = timesFactor(row, factor, scale);
      if (product < depth) for (let b = 0; b < side; b++) row[b] = Math.sin(row[b]!);
      yield undefined;
    }
    rows.push(row);
  }
  return rows;
}

/** One value of the answer, from the rows of its group. */
export function groupAnswer(rows: readonly ArrayLike<number>[], firstRow: number, { x, y }: { x: Float32Array; y: Float32Array }): number {
  let sum = 0;
  rows.forEach((row, at) => {
    let inner = 0;
    for (let b = 0; b < row.length; b++) inner += Math.abs(row[b]!) * x[b]!;
    sum += inner * y[firstRow + at]!;
  });
  return sum;
}

/**
 * How far an answer's value may be off. What float32 rounds away is below a fifth of it; values that were kept or
 * multiplied with 11 bits (half precision, TensorFloat-32) are off by some ten times of it.
 */
export function answerTolerance({ side, rowsPerGroup }: Pick<ChallengeSize, 'side' | 'rowsPerGroup'>): number {
  return 5e-6 * Math.sqrt(rowsPerGroup * side);
}

/** Whether one value of an answer is right, found in small steps (see `productRows`). `at` counts all groups of all blocks. */
export function* checkValue(task: ChallengeTask, factor: Float32Array, vectors: { x: Float32Array; y: Float32Array }, { at, value }: { at: number; value: number }): Generator<undefined, boolean> {
  const groups = task.side / task.rowsPerGroup;
  const first = (at % groups) * task.rowsPerGroup;
  const rows = yield* productRows(task, factor, { block: Math.floor(at / groups), first, count: task.rowsPerGroup });
  return Math.abs(groupAnswer(rows, first, vectors) - value) <= answerTolerance(task);
}

/** Different places of an answer, chosen by `random` (a fraction below 1); all of them where there are no more. */
export function sampledPlaces(size: ChallengeSize, count: number, random: () => number): number[] {
  const length = answerLength(size);
  const places = new Set<number>();
  while (places.size < Math.min(count, length)) places.add(Math.floor(random() * length));
  return [...places];
}
