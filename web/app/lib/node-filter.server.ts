import { z } from 'zod';
import { isReliable, successRateBps } from '#core/node/reputation';
import { parseCyxwiz } from '#core/money/amount';
import type { NodeView } from '#api/services/types';
import { NODE_SORTS, samplesPerToken, type NodeSort } from './node-value.ts';

/** A filter that is left out, or not understood, lets everything through. */
const optional = <T>(schema: z.ZodType<T>) => schema.optional().catch(undefined);
const amount = z.string().transform((text, context): bigint => {
  try {
    return parseCyxwiz(text);
  } catch {
    context.addIssue('no amount');
    return z.NEVER;
  }
});
const least = (most: number) => optional(z.coerce.number().min(0).max(most));

const filterSchema = z.object({
  class: optional(z.string().min(1).max(40)),
  /** GB, of the device that would train. */
  memory: least(1_000_000),
  /** Samples per second. */
  speed: least(1e12),
  /** The most that an hour may cost, CYXWIZ. */
  price: optional(amount),
  /** Per cent of the jobs that were paid. */
  reliability: least(100),
  free: optional(z.literal('1')),
  sort: z.enum(Object.keys(NODE_SORTS) as [NodeSort, ...NodeSort[]]).catch('value'),
});
export type NodeFilter = z.infer<typeof filterSchema>;

/** What the address of the page asks for. Empty fields of its form are no wishes. */
export function readNodeFilter(search: URLSearchParams): NodeFilter {
  return filterSchema.parse(Object.fromEntries([...search].filter(([, value]) => value.trim() !== '')));
}

type Offer = Pick<NodeView, 'deviceClass' | 'memoryMb' | 'samplesPerSecond' | 'pricePerHourBase' | 'totalJobs' | 'successful' | 'state'>;

/** The nodes that fit, in the order that was asked for; those that fit equally well stay as they were. */
export function filterNodes<T extends Offer>(nodes: readonly T[], filter: NodeFilter): T[] {
  const { memory = 0, speed = 0, reliability = 0, price } = filter;
  const fits = (node: T): boolean =>
    (filter.class === undefined || node.deviceClass === filter.class) &&
    node.memoryMb >= memory * 1024 &&
    node.samplesPerSecond >= speed &&
    (price === undefined || node.pricePerHourBase <= price) &&
    successRateBps(node) >= reliability * 100 &&
    (filter.free === undefined || node.state === 'ACTIVE');
  return nodes.filter(fits).sort(ORDERS[filter.sort]);
}

const byPrice = (a: Offer, b: Offer): number => (a.pricePerHourBase < b.pricePerHourBase ? -1 : Number(a.pricePerHourBase > b.pricePerHourBase));
const ORDERS: Readonly<Record<NodeSort, (a: Offer, b: Offer) => number>> = {
  value: (a, b) => samplesPerToken(b) - samplesPerToken(a),
  price: byPrice,
  speed: (a, b) => b.samplesPerSecond - a.samplesPerSecond,
  // A long record says more than a short one with the same share.
  reliability: (a, b) => Number(isReliable(b)) - Number(isReliable(a)) || successRateBps(b) - successRateBps(a) || b.totalJobs - a.totalJobs,
};
