import { BASE_PER_CYXWIZ } from '#core/money/amount';

/** Orders in which offers can be listed. */
export const NODE_SORTS = {
  value: 'Best value',
  price: 'Lowest price',
  speed: 'Fastest',
  reliability: 'Most reliable',
} as const;
export type NodeSort = keyof typeof NODE_SORTS;

/** Samples of the reference model for one CYXWIZ. Only for comparing: no money is computed with it. */
export function samplesPerToken({ samplesPerSecond, pricePerHourBase }: { samplesPerSecond: number; pricePerHourBase: bigint }): number {
  if (pricePerHourBase === 0n) return samplesPerSecond > 0 ? Number.MAX_SAFE_INTEGER : 0;
  return (samplesPerSecond * 3_600) / (Number(pricePerHourBase) / Number(BASE_PER_CYXWIZ));
}
