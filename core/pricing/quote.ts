import { CyxError } from '../errors/cyx-error.ts';
import { splitPayout } from '../money/split.ts';

const MS_PER_HOUR = 3_600_000n;

/** A quote binds for ten minutes. */
export const QUOTE_LIFETIME_MS = 10 * 60_000;

/**
 * Work that a node's published `samplesPerSecond` was measured on: forward operations for one sample of
 * `examples/graphs/digits-cnn.json`. Other models are scaled by their own count.
 */
export const REFERENCE_FLOPS_PER_SAMPLE = 1_453_560;

/** A job never runs faster than this: fetching the data, starting the trainer and storing the model take time too. */
const FIXED_OVERHEAD_MS = 5_000;

/** What a node offers: its price, and its speed on the reference model (0: not measured). */
export interface NodeOffer {
  readonly pricePerHourBase: bigint;
  readonly samplesPerSecond: number;
}

export interface QuoteInput {
  readonly offers: readonly NodeOffer[];
  readonly deadlineMs: number;
  /** Forward operations for one sample of the model. */
  readonly flopsPerSample: number;
  readonly samples: number;
  readonly epochs: number;
}

export interface QuotePrice {
  readonly pricePerHourBase: bigint;
  /** What the escrow locks; also the most that the job can cost. */
  readonly amountBase: bigint;
  readonly nodeBase: bigint;
  readonly platformBase: bigint;
  readonly estimatedDurationMs: number;
}

/** ceil(price × deadline / 1 h): rounded up, so that a node is never paid less than its price. */
export function amountForDeadline(pricePerHourBase: bigint, deadlineMs: number): bigint {
  const product = pricePerHourBase * BigInt(deadlineMs);
  return (product + MS_PER_HOUR - 1n) / MS_PER_HOUR;
}

/** The lower median: always a price that some node really asks for. */
export function medianPrice(pricesBase: readonly bigint[]): bigint {
  const sorted = [...pricesBase].sort((a, b) => (a < b ? -1 : Number(a > b)));
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) throw new RangeError('there is no price to take the median of');
  return median;
}

/**
 * Prices a job. The price is the median of the capable nodes' prices, so at least half of them qualify for the job; the
 * amount covers the whole deadline, for it is a cap. The estimate scales the median speed of the measured nodes by the
 * model's size. INVALID_INPUT where it does not fit into the deadline: such a job could only end unpaid and refunded.
 */
export function priceJob(input: QuoteInput): QuotePrice {
  const pricePerHourBase = medianPrice(input.offers.map((offer) => offer.pricePerHourBase));
  const amountBase = amountForDeadline(pricePerHourBase, input.deadlineMs);
  const estimatedDurationMs = estimateDurationMs(input);
  if (estimatedDurationMs > input.deadlineMs) {
    const minutes = (ms: number): string => (ms / 60_000).toFixed(1);
    throw new CyxError(
      'INVALID_INPUT',
      `The deadline of ${minutes(input.deadlineMs)} min is too short: this job takes about ${minutes(estimatedDurationMs)} min on the nodes that are online. Give it more time, or train fewer epochs.`,
      { fields: [{ path: 'deadlineMs', message: `at least ${estimatedDurationMs} for this job` }] },
    );
  }
  return { pricePerHourBase, amountBase, ...splitPayout(amountBase), estimatedDurationMs };
}

/** The deadline itself where no node has measured its speed. */
export function estimateDurationMs(input: Omit<QuoteInput, 'offers'> & { offers: readonly Pick<NodeOffer, 'samplesPerSecond'>[] }): number {
  const speeds = input.offers.map((offer) => offer.samplesPerSecond).filter((speed) => speed > 0);
  if (speeds.length === 0) return input.deadlineMs;
  const median = speeds.sort((a, b) => a - b)[Math.floor((speeds.length - 1) / 2)]!;
  const scale = Math.max(input.flopsPerSample, 1) / REFERENCE_FLOPS_PER_SAMPLE;
  const trainingMs = ((input.samples * input.epochs * scale) / median) * 1000;
  return Math.ceil(trainingMs + FIXED_OVERHEAD_MS);
}
