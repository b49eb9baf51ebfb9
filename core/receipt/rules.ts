import { splitPayout } from '../money/split.ts';
import type { ReceiptEvent, ReceiptEventOf, ReceiptKind } from './events.ts';

/** The line that breaks a rule, by its place among the events, and how. */
export interface BrokenRule {
  readonly index: number;
  readonly reason: string;
}

/** The kinds in which a receipt tells its story; those of an attempt come back with each attempt. */
const ATTEMPT_KINDS: readonly ReceiptKind[] = ['assignment', 'commit', 'draw', 'verdict', 'slash', 'closed'];
const ONCE: readonly ReceiptKind[] = ['header', 'quote', 'lock', 'donation', 'payout', 'fee', 'refund', 'end'];
const ONCE_AN_ATTEMPT: readonly ReceiptKind[] = ['assignment', 'commit', 'draw', 'slash', 'closed'];
const PLACE: Readonly<Record<ReceiptKind, number>> = {
  header: 0,
  quote: 1,
  lock: 2,
  assignment: 3,
  commit: 3,
  draw: 3,
  verdict: 3,
  slash: 3,
  closed: 3,
  donation: 4,
  payout: 5,
  fee: 6,
  refund: 7,
  end: 8,
};

/** What must hold of a receipt's events among themselves; null where all of it does. */
export function brokenRule(events: readonly ReceiptEvent[]): BrokenRule | null {
  return orderRule(events) ?? attemptRule(events) ?? accountRule(events) ?? moneyRule(events) ?? endRule(events);
}

function orderRule(events: readonly ReceiptEvent[]): BrokenRule | null {
  const seen = new Set<ReceiptKind>();
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (index === 0 && event.kind !== 'header') return { index, reason: 'a receipt begins with its header' };
    if (index === 1 && event.kind !== 'quote') return { index, reason: 'the quote comes second' };
    if (before !== undefined && PLACE[event.kind] < PLACE[before.kind]) return { index, reason: `"${event.kind}" can not come after "${before.kind}"` };
    if (seen.has(event.kind) && ONCE.includes(event.kind)) return { index, reason: `"${event.kind}" comes once` };
    seen.add(event.kind);
  }
  const last = events.at(-1);
  return last?.kind === 'end' ? null : { index: Math.max(0, events.length - 1), reason: 'the end of the job is missing' };
}

interface OpenAttempt {
  readonly number: number;
  readonly seen: Set<ReceiptKind>;
  root: string | null;
}

/** Attempts follow each other from 1; each is assigned, then committed, drawn, judged, and closed once. */
function attemptRule(events: readonly ReceiptEvent[]): BrokenRule | null {
  let current = null as OpenAttempt | null;
  for (const [index, event] of events.entries()) {
    if (!ATTEMPT_KINDS.includes(event.kind)) continue;
    const { attempt } = event.facts as { attempt: number };
    const broken = (reason: string): BrokenRule => ({ index, reason });
    if (event.kind === 'assignment') {
      if (current !== null && !current.seen.has('closed')) return broken(`attempt ${current.number} was not closed before attempt ${attempt} began`);
      if (attempt !== (current?.number ?? 0) + 1) return broken(`attempt ${attempt} does not follow attempt ${current?.number ?? 0}`);
      current = { number: attempt, seen: new Set(), root: null };
    }
    if (current === null || current.number !== attempt) return broken(`attempt ${attempt} is not the one that was assigned`);
    if (current.seen.has('closed')) return broken(`attempt ${attempt} is closed already`);
    if (current.seen.has(event.kind) && ONCE_AN_ATTEMPT.includes(event.kind)) return broken(`"${event.kind}" comes once in an attempt`);
    current.seen.add(event.kind);
    const reason = evidenceRule(event, current);
    if (reason !== null) return broken(reason);
  }
  return current === null || current.seen.has('closed') ? null : { index: events.length - 1, reason: `attempt ${current.number} was never closed` };
}

function evidenceRule(event: ReceiptEvent, attempt: OpenAttempt): string | null {
  if (event.kind === 'commit') attempt.root = event.facts.root;
  if (event.kind === 'draw' && event.facts.root !== attempt.root) return 'the draw is over another root than was committed';
  if (event.kind !== 'closed') return null;
  const { outcome } = event.facts;
  if (outcome === 'completed' && attempt.root === null) return 'a result was paid for that was never committed';
  const isFault = outcome === 'timeout' || outcome === 'invalid';
  if (attempt.seen.has('slash') && !isFault) return `the node was slashed although its attempt ended "${outcome}"`;
  if (isFault && event.facts.evidenceHash === null) return `an attempt that ended "${outcome}" needs evidence`;
  return null;
}

function find<K extends ReceiptKind>(events: readonly ReceiptEvent[], kind: K): { index: number; event: ReceiptEventOf<K> } | null {
  const index = events.findIndex((event) => event.kind === kind);
  return index === -1 ? null : { index, event: events[index] as ReceiptEventOf<K> };
}

/** Each transfer goes between the accounts that it can go between. */
function accountRule(events: readonly ReceiptEvent[]): BrokenRule | null {
  const header = find(events, 'header')!.event.facts;
  const [escrow, requester] = [`escrow:${header.escrow}`, `wallet:${header.requester}`];
  let node = '';
  for (const [index, event] of events.entries()) {
    const broken = (from: string, to: string): BrokenRule => ({ index, reason: `it goes from ${from} to ${to}` });
    const goes = (from: string, to: string): BrokenRule | null => {
      const facts = event.facts as { from: string; to: string };
      return facts.from === from && facts.to === to ? null : broken(from, to);
    };
    if (event.kind === 'assignment') node = event.facts.nodeAccount;
    const rule = ((): BrokenRule | null => {
      switch (event.kind) {
        case 'lock':
          return goes(requester, escrow);
        case 'donation':
          return goes('outside', escrow);
        case 'slash':
          return goes(`stake:${node}`, 'insurance');
        case 'payout':
          return event.facts.from === escrow && event.facts.to.startsWith('wallet:') ? null : broken(escrow, "the node's owner");
        case 'fee':
          return goes(escrow, 'platform');
        case 'refund':
          return goes(escrow, requester);
        default:
          return null;
      }
    })();
    if (rule !== null) return rule;
  }
  return null;
}

/** What was locked (and donated) is exactly what was paid, taken as the fee, and refunded. */
function moneyRule(events: readonly ReceiptEvent[]): BrokenRule | null {
  const base = (kind: 'lock' | 'donation' | 'payout' | 'fee' | 'refund'): bigint => BigInt(find(events, kind)?.event.facts.amountBase ?? '0');
  const [lock, payout, fee, refund, end] = [find(events, 'lock'), find(events, 'payout'), find(events, 'fee'), find(events, 'refund'), find(events, 'end')];
  const quoted = find(events, 'quote')?.event.facts.amountBase;
  if (lock !== null && lock.event.facts.amountBase !== quoted) return { index: lock.index, reason: 'another amount was locked than was quoted' };
  const inBase = base('lock') + base('donation');
  const outBase = base('payout') + base('fee') + base('refund');
  if (inBase !== outBase) {
    const index = refund?.index ?? fee?.index ?? payout?.index ?? end?.index ?? 0;
    return { index, reason: `${base('lock')} locked and ${base('donation')} donated are not ${base('payout')} paid, ${base('fee')} of fee and ${base('refund')} refunded` };
  }
  if (payout === null) return fee === null ? null : { index: fee.index, reason: 'a fee was taken although no node was paid' };
  if (refund !== null) return { index: refund.index, reason: 'an escrow is either paid out or refunded' };
  const { nodeBase } = splitPayout(base('lock'));
  return base('payout') === nodeBase ? null : { index: payout.index, reason: `the node's share of the locked amount is ${nodeBase}` };
}

/** The job's end agrees with the money and with the attempts. */
function endRule(events: readonly ReceiptEvent[]): BrokenRule | null {
  const payout = find(events, 'payout');
  const end = find(events, 'end')!;
  const completed = events.find((event): event is ReceiptEventOf<'closed'> => event.kind === 'closed' && event.facts.outcome === 'completed');
  if (payout !== null && completed?.facts.attempt !== payout.event.facts.attempt) return { index: payout.index, reason: 'the paid attempt did not end "completed"' };
  const fee = find(events, 'fee');
  if (fee !== null && fee.event.facts.attempt !== payout?.event.facts.attempt) return { index: fee.index, reason: 'the fee is of another attempt than the payment' };
  const { state, reason } = end.event.facts;
  if (state === 'COMPLETED' && payout === null) return { index: end.index, reason: 'a completed job is a paid one' };
  if (state !== 'COMPLETED' && payout !== null && reason !== 'ESCROW_SETTLED_ELSEWHERE') return { index: end.index, reason: `a job that is ${state} paid a node` };
  return null;
}
