import type { Segment } from './draw.ts';

/** A link of the commitment chain as its node reported it; hashes are hexadecimal digits. */
export interface LinkRecord {
  /** Who made it. */
  readonly attempt: number;
  readonly step: number;
  readonly stateHash: string;
  readonly chain: string;
  readonly epoch: number;
  readonly batch: number;
  readonly meanLoss: number;
  /** Where its checkpoint is. */
  readonly cid: string;
}

export interface ChainClaim {
  /** c_0 of the run. */
  readonly startHex: string;
  /** What was committed on chain. */
  readonly rootHex: string;
  /** The attempt that committed it. */
  readonly attempt: number;
  readonly checkpointEverySteps: number;
  /** Links of this attempt and of earlier ones. */
  readonly records: readonly LinkRecord[];
  /** c_i from c_{i−1} (`linkChain` of the engine). */
  readonly linkChain: (previousHex: string, link: LinkRecord) => Promise<string>;
}

export type ChainOfLinks =
  | { readonly ok: true; readonly links: readonly LinkRecord[] }
  /** `attempt`: who reported the link that hangs in the air. */
  | { readonly ok: false; readonly attempt: number; readonly reason: string };

/**
 * The links behind a result, from the first to the root: its own and those that it went on from. They are found by their
 * hashes alone, walking back from the committed root, so nothing that a node says about where it resumed matters.
 */
export async function chainOfLinks(claim: ChainClaim): Promise<ChainOfLinks> {
  const { records, attempt, rootHex, startHex, checkpointEverySteps, linkChain } = claim;
  let [link] = records.filter((record) => record.attempt === attempt && record.chain === rootHex).sort((a, b) => b.step - a.step);
  if (link === undefined) return { ok: false, attempt, reason: 'No reported link is the root that is committed on chain' };
  const links: LinkRecord[] = [];
  for (;;) {
    links.unshift(link);
    const { step, chain, attempt: maker } = link;
    const before: number = (Math.ceil(step / checkpointEverySteps) - 1) * checkpointEverySteps;
    if (before <= 0) {
      if ((await linkChain(startHex, link)) === chain) return { ok: true, links };
      return { ok: false, attempt: maker, reason: `The link at step ${step} does not follow from the start of this run` };
    }
    const previous = await findPrevious(records, link, before, linkChain);
    if (previous === undefined) return { ok: false, attempt: maker, reason: `No reported link at step ${before} leads to the one at step ${step}` };
    link = previous;
  }
}

/** Attempts only go on from earlier ones; the latest that fits is the one that was gone on from. */
async function findPrevious(records: readonly LinkRecord[], link: LinkRecord, step: number, linkChain: ChainClaim['linkChain']): Promise<LinkRecord | undefined> {
  const candidates = records.filter((record) => record.step === step && record.attempt <= link.attempt).sort((a, b) => b.attempt - a.attempt);
  for (const candidate of candidates) {
    if ((await linkChain(candidate.chain, link)) === link.chain) return candidate;
  }
  return undefined;
}

/** What lies between the links. */
export function segmentsOf(links: readonly LinkRecord[]): Segment[] {
  return links.map(({ step, attempt }, index) => ({ fromStep: links[index - 1]?.step ?? 0, toStep: step, attempt }));
}
