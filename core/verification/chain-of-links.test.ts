import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chainOfLinks, segmentsOf, type LinkRecord } from './chain-of-links.ts';

const START = 'c0';
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
/** Any function that binds a link to its predecessor will do. */
const linkChain = (previousHex: string, { step, stateHash }: LinkRecord): Promise<string> => Promise.resolve(sha(`${previousHex}/${step}/${stateHash}`));

/** Links at these steps, by an attempt, on top of another link. */
async function made(attempt: number, steps: readonly number[], after = START, mark = ''): Promise<LinkRecord[]> {
  const links: LinkRecord[] = [];
  for (const step of steps) {
    const bare = { attempt, step, stateHash: sha(`state ${step}${mark}`), chain: '', epoch: 0, batch: step, meanLoss: 1, cid: `cid-${attempt}-${step}` };
    links.push({ ...bare, chain: await linkChain(links.at(-1)?.chain ?? after, bare) });
  }
  return links;
}

const claim = (records: readonly LinkRecord[], root: LinkRecord | undefined, attempt: number) => ({
  startHex: START,
  rootHex: root?.chain ?? 'none',
  attempt,
  checkpointEverySteps: 10,
  records,
  linkChain,
});

describe('the links behind a root', () => {
  it('are an attempt’s own, down to the start', async () => {
    const links = await made(1, [10, 20, 30, 34]);
    expect(await chainOfLinks(claim(links, links[3], 1))).toEqual({ ok: true, links });
    expect(segmentsOf(links)).toEqual([[0, 10], [10, 20], [20, 30], [30, 34]].map(([fromStep, toStep]) => ({ fromStep, toStep, attempt: 1 })));
  });

  it('are inherited from those that were gone on from, whatever else was reported', async () => {
    const first = await made(1, [10, 20, 30]);
    const second = await made(2, [20, 30], first[0]!.chain, ' on a device of another kind');
    const third = await made(3, [40, 44], second[1]!.chain);
    const found = await chainOfLinks(claim([...first, ...second, ...third], third[1], 3));
    expect(found).toEqual({ ok: true, links: [first[0], ...second, ...third] });
  });

  it('are not there for a root that nobody reported, or another attempt did', async () => {
    const links = await made(1, [10, 12]);
    for (const refused of [claim(links, undefined, 1), claim(links, links[1], 2)]) {
      expect(await chainOfLinks(refused)).toMatchObject({ ok: false, attempt: refused.attempt });
    }
  });

  it('break at the link that hangs in the air, and whose it is', async () => {
    const first = await made(1, [10, 20], 'the start of another run');
    const second = await made(2, [30], first[1]!.chain);
    expect(await chainOfLinks(claim([...first, ...second], second[0], 2))).toMatchObject({ ok: false, attempt: 1, reason: expect.stringContaining('step 10') as unknown });
    const gap = await made(2, [30], 'nothing that was reported');
    expect(await chainOfLinks(claim([...first, ...gap], gap[0], 2))).toMatchObject({ ok: false, attempt: 2, reason: expect.stringContaining('step 20') as unknown });
  });

  it('break where one was left out or altered', async () => {
    const links = await made(1, [10, 20, 30]);
    expect(await chainOfLinks(claim([links[0]!, links[2]!], links[2], 1))).toMatchObject({ ok: false });
    const altered = links.map((link, index) => (index === 1 ? { ...link, stateHash: sha('other') } : link));
    expect(await chainOfLinks(claim(altered, links[2], 1))).toMatchObject({ ok: false, attempt: 1 });
  });
});
