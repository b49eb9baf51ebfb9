import { CyxError } from '../errors/cyx-error.ts';
import { DRAW_AFTER_SLOTS, drawSeed, drawSegments, lotOf, type Segment } from '../verification/draw.ts';
import { fromBase58 } from './base58.ts';
import type { ReceiptEvent, ReceiptEventOf } from './events.ts';
import { fromHex, toHex } from './hashing.ts';
import type { BrokenRule } from './rules.ts';

type DrawFacts = ReceiptEventOf<'draw'>['facts'];

/** Draws again, from what each draw's line and the lines before it say; null where every draw comes out the same. */
export async function brokenDraw(events: readonly ReceiptEvent[]): Promise<BrokenRule | null> {
  let drawHash: string | null = null;
  let commitSlot = 0n;
  for (const [index, event] of events.entries()) {
    if (event.kind === 'assignment') drawHash = event.facts.drawHash;
    if (event.kind === 'commit') commitSlot = BigInt(event.facts.slot);
    if (event.kind !== 'draw') continue;
    const reason = await wrongDraw(event.facts, drawHash, commitSlot);
    if (reason !== null) return { index, reason };
  }
  return null;
}

async function wrongDraw(facts: DrawFacts, drawHash: string | null, commitSlot: bigint): Promise<string | null> {
  if (drawHash === null) return 'no secret was committed to when the attempt was assigned';
  const earliest = commitSlot + DRAW_AFTER_SLOTS;
  if (BigInt(facts.slot) < earliest) return `the draw is by a block at the earliest at slot ${earliest}, not ${facts.slot}`;
  const blockhash = fromBase58(facts.blockhash);
  if (blockhash?.length !== 32) return 'its block has no block hash';
  let seed: Uint8Array;
  try {
    seed = await drawSeed({ root: fromHex(facts.root), blockhash, secret: fromHex(facts.secret), drawHash: fromHex(drawHash) });
  } catch (error) {
    if (error instanceof CyxError) return error.message;
    throw error;
  }
  if (toHex(seed) !== facts.seed) return 'the seed does not follow from root, block and secret';
  return (await sameSegments(seed, facts)) ? null : 'the segments drawn by the seed are not the ones that were re-executed';
}

async function sameSegments(seed: Uint8Array, { links, segments, rates }: DrawFacts): Promise<boolean> {
  if (links.length === 0) {
    // What was not drawn is no longer on record; what was, can still be shown to have been.
    const lots = await Promise.all(segments.map(({ toStep }) => lotOf(seed, toStep)));
    return segments.every(({ attempt }, index) => (lots[index] ?? 1) < (rates[String(attempt)] ?? 1));
  }
  const all = links.map(({ step, attempt }, index): Segment => ({ fromStep: links[index - 1]?.step ?? 0, toStep: step, attempt }));
  const drawn = await drawSegments(seed, all, rates);
  return drawn.length === segments.length && drawn.every((segment, index) => isSame(segment, segments[index]));
}

function isSame(a: Segment, b: Segment | undefined): boolean {
  return b !== undefined && a.fromStep === b.fromStep && a.toStep === b.toStep && a.attempt === b.attempt;
}
