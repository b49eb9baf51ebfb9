import type { ClassEarningsView } from '#api/services/machine-types';
import type { NodeView } from '#api/services/types';
import { BASE_PER_CYXWIZ } from '#core/money/amount';
import { splitPayout } from '#core/money/split';
import { medianPrice, REFERENCE_FLOPS_PER_SAMPLE } from '#core/pricing/quote';

/** What a provider would meet in one class of devices now. */
export interface MarketRow {
  readonly deviceClass: string;
  readonly online: number;
  readonly free: number;
  /** Of the nodes online; null where none is. */
  readonly prices: { readonly lowestBase: bigint; readonly medianBase: bigint; readonly highestBase: bigint } | null;
  readonly medianSamplesPerSecond: number;
  /** Of the last 24 hours. */
  readonly paidJobs: number;
  readonly paidBase: bigint;
  /** For each hour of work, to a thousandth; null where it was less than an hour of work, which says nothing yet. */
  readonly paidPerHourBase: bigint | null;
  /** For each node that is online now, to a thousandth; null where none is. */
  readonly paidPerNodeBase: bigint | null;
}

const HOUR_MS = 3_600_000;

type Offer = Pick<NodeView, 'deviceClass' | 'state' | 'pricePerHourBase' | 'samplesPerSecond'>;

/** One row for each class that has a node online or was paid in the last day. */
export function marketRows(nodes: readonly Offer[], lastDay: readonly ClassEarningsView[]): MarketRow[] {
  const online = nodes.filter(({ state }) => state === 'ACTIVE' || state === 'BUSY');
  const classes = [...new Set([...online, ...lastDay].map(({ deviceClass }) => deviceClass))].sort();
  return classes.map((deviceClass) => {
    const here = online.filter((node) => node.deviceClass === deviceClass);
    const { paidJobs = 0, amountBase: paidBase = 0n, workMs = 0 } = lastDay.find((row) => row.deviceClass === deviceClass) ?? {};
    return {
      deviceClass,
      online: here.length,
      free: here.filter(({ state }) => state === 'ACTIVE').length,
      prices: here.length === 0 ? null : pricesOf(here.map(({ pricePerHourBase }) => pricePerHourBase)),
      medianSamplesPerSecond: median(here.map(({ samplesPerSecond }) => samplesPerSecond).filter((speed) => speed > 0)),
      paidJobs,
      paidBase,
      paidPerHourBase: workMs >= HOUR_MS ? toThousandth((paidBase * BigInt(HOUR_MS)) / BigInt(Math.round(workMs))) : null,
      paidPerNodeBase: here.length === 0 ? null : toThousandth(paidBase / BigInt(here.length)),
    };
  });
}

function pricesOf(prices: readonly bigint[]): NonNullable<MarketRow['prices']> {
  const ascending = [...prices].sort((a, b) => (a < b ? -1 : Number(a > b)));
  return { lowestBase: ascending[0]!, medianBase: medianPrice(prices), highestBase: ascending.at(-1)! };
}

/** An average is no amount that anybody was paid: more digits would only look like one. */
function toThousandth(base: bigint): bigint {
  const unit = BASE_PER_CYXWIZ / 1_000n;
  return ((base + unit / 2n) / unit) * unit;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** What a node gets of an hour at a price. */
export function nodeShareBase(pricePerHourBase: bigint): bigint {
  return splitPayout(pricePerHourBase).nodeBase;
}

/** A training step counts its forward operations three times: forward, and twice for the gradient. */
const STEP_FLOPS = 3 * REFERENCE_FLOPS_PER_SAMPLE;
/**
 * How much faster than the browser's plain loop a core is with native TensorFlow, from processors with few vector
 * instructions to those with many. (On one with AVX-512 it was 26 to 37 times.)
 */
const NATIVE_FACTOR = { low: 8, high: 40 };

/** Samples a second of the reference model that a machine may train, by what one core did in a browser. */
export function estimatedSpeed(input: { flopsPerSecond: number; cores: number }): { readonly low: number; readonly high: number } {
  const plain = (input.flopsPerSecond * input.cores) / STEP_FLOPS;
  return { low: plain * NATIVE_FACTOR.low, high: plain * NATIVE_FACTOR.high };
}
