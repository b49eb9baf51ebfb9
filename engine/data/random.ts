/**
 * Seeded random numbers: Philox4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
 * as 1, 2, 3", 2011). It is a function of (key, counter), so any stream can be started anywhere and nothing has
 * to be saved to resume a run. A stream's key is (seed, FNV-1a of its label); its counter is
 * (block low, block high, index, 0), where `index` tells apart the epochs or steps of one label.
 */
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Upper 32 bits of a 32 × 32-bit product. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 0x10000);
  const carried = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000)) >>> 0;
}

export type Words4 = [number, number, number, number];

/** One block: 128 counter bits and 64 key bits in, 128 random bits out. */
export function philox(counter: Readonly<Words4>, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c1 = low1;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The second half of a stream's key. */
export function labelHash(label: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(label)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

export interface RandomStream {
  nextUint32(): number;
  /**
   * Even over [0, 1), a multiple of 2^-23: exact in float32. Its low 23 bits are the fraction, as TensorFlow's
   * StatelessRandomUniformV2 has it, so that a graph draws the same numbers from the same key and counter.
   */
  nextUniform(): number;
  /** Even over 0 … bound − 1, without bias. */
  nextBelow(bound: number): number;
}

/** Same (seed, label, index): same numbers, on any machine. */
export function randomStream(seed: number, label: string, index = 0): RandomStream {
  const key = [seed >>> 0, labelHash(label)] as const;
  let block = 0;
  let words: Words4 = [0, 0, 0, 0];
  let used = 4;
  function nextUint32(): number {
    if (used === 4) {
      words = philox([block >>> 0, Math.floor(block / 2 ** 32), index >>> 0, 0], key);
      block += 1;
      used = 0;
    }
    return words[used++] as number;
  }
  function nextBelow(bound: number): number {
    // The top of the range that does not divide evenly is drawn again.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let word = nextUint32();
    while (word >= limit) word = nextUint32();
    return word % bound;
  }
  return { nextUint32, nextUniform: () => (nextUint32() & 0x7fffff) / 2 ** 23, nextBelow };
}

/** Fisher–Yates over 0 … length − 1. */
export function permutation(length: number, random: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = random.nextBelow(last + 1);
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}
