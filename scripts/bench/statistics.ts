/** The value below which the share `q` (0–1) of the numbers lies, interpolated between neighbours. NaN of nothing. */
export function quantile(numbers: readonly number[], q: number): number {
  if (numbers.length === 0) return Number.NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  const position = (sorted.length - 1) * Math.min(1, Math.max(0, q));
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  // `low` alone where both are the same: a difference of two infinities would be none.
  return low === high ? low : low + (high - low) * (position - below);
}

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

/** Two measurements taken right after one another under the same conditions. */
export interface Pair {
  readonly ours: number;
  readonly peer: number;
}

/** The middle half of a series: [first quartile, third quartile]. */
export type Spread = readonly [low: number, high: number];

export const spreadOf = (numbers: readonly number[]): Spread => [quantile(numbers, 0.25), quantile(numbers, 0.75)];

/**
 * Median of the pairs' ratios ours/peer, with their middle half. A machine that slows down for a while slows both
 * halves of a pair, so this says more than the ratio of two medians.
 */
export function pairedRatio(pairs: readonly Pair[]): { readonly ratio: number; readonly spread: Spread } {
  const ratios = pairs.map(({ ours, peer }) => ours / peer);
  return { ratio: median(ratios), spread: spreadOf(ratios) };
}

/**
 * Takes pairs alternately: ours first in even rounds, the peer first in odd ones, so that neither always profits from
 * what the other left warm.
 */
export async function alternate<T, U>(rounds: number, ours: (round: number) => Promise<T>, peer: (round: number) => Promise<U>): Promise<{ ours: T; peer: U }[]> {
  const pairs: { ours: T; peer: U }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const first = await ours(round);
      pairs.push({ ours: first, peer: await peer(round) });
    } else {
      const first = await peer(round);
      pairs.push({ ours: await ours(round), peer: first });
    }
  }
  return pairs;
}
