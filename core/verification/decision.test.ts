import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blameFor } from './blame.ts';
import { blamedAttemptOf, decide, type Decision, MAX_OPINIONS, type OpinionFacts } from './decision.ts';
import { evidenceText } from './evidence.ts';

const good: OpinionFacts = { valid: true, blamedAttempt: null };
const bad = (blamedAttempt: number): OpinionFacts => ({ valid: false, blamedAttempt });

describe('opinions', () => {
  it.each<[Decision, OpinionFacts[]]>([
    ['open', []],
    ['valid', [good]],
    ['open', [bad(1)]],
    ['invalid', [bad(1), bad(1)]],
    ['open', [bad(1), good]],
    ['open', [bad(1), bad(2)]],
    ['invalid', [bad(1), good, bad(1)]],
    ['valid', [bad(1), good, good]],
    ['invalid', [bad(1), bad(2), bad(2)]],
    ['undecided', [bad(1), bad(2), good]],
  ])('come to %s', (decision, opinions) => expect(decide(opinions)).toBe(decision));

  it('blame whom two blame, whatever a third says', () => {
    expect(blamedAttemptOf([bad(3), bad(3), bad(1)])).toBe(3);
    expect(blamedAttemptOf([bad(1), bad(3), bad(3)])).toBe(3);
    expect(blamedAttemptOf([bad(3), good, bad(3)])).toBe(3);
  });

  it('never find a result invalid on one alone, and never blame whom only one blames', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(good), fc.integer({ min: 1, max: 4 }).map(bad)), { maxLength: MAX_OPINIONS }), (opinions) => {
        const blamed = blamedAttemptOf(opinions);
        if (decide(opinions) === 'invalid') expect(opinions.filter((one) => one.blamedAttempt === blamed).length).toBeGreaterThanOrEqual(2);
        else expect(blamed).toBeNull();
        if (opinions.length === MAX_OPINIONS) expect(decide(opinions)).not.toBe('open');
      }),
    );
  });
});

it('blames who did the steps', () => {
  expect(blameFor({ maker: 2, resumedFrom: null, restHolds: false })).toBe(2);
  expect(blameFor({ maker: 2, resumedFrom: 1, restHolds: true })).toBe(1);
  expect(blameFor({ maker: 2, resumedFrom: 1, restHolds: false })).toBe(2);
});

it('writes the same evidence for the same facts, in whatever order they come', () => {
  const facts = { jobId: 'j', attempt: 1, outcome: 'invalid', reason: 'r', seedHex: 'ab', findings: [{ verifierId: 'v', reason: 'w' }] } as const;
  const turned = { findings: [{ reason: 'w', verifierId: 'v' }], seedHex: 'ab', reason: 'r', outcome: 'invalid', attempt: 1, jobId: 'j' } as const;
  expect(evidenceText(turned)).toBe(evidenceText(facts));
  expect(evidenceText({ ...facts, seedHex: null })).toContain('"seedHex":null');
});
