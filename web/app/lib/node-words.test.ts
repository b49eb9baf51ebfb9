import { describe, expect, it } from 'vitest';
import { afterEnding, noJobWords } from './node-words.ts';

const NODE = { banned: false, paused: false, draining: false, maintenance: false, unstaking: false, stakeBase: 100_000_000_000n, capability: 'shown', isVerifiable: true } as const;

describe('why a node gets no jobs', () => {
  it('is nothing for one that does, and for one that was asked to show what it can do and has time', () => {
    for (const capability of ['shown', 'due'] as const) expect(noJobWords({ ...NODE, capability })).toEqual([]);
  });

  it.each([
    [{ paused: true }, 'paused'],
    [{ draining: true }, 'draining'],
    [{ maintenance: true }, 'maintenance'],
    [{ unstaking: true }, 'unstaking'],
    [{ stakeBase: 99_999_999_999n }, 'its stake is below 100 CYXWIZ'],
    [{ capability: 'overdue' }, 'has to show again what it can do'],
    [{ capability: 'unshown' }, 'has not shown what it can do'],
    [{ isVerifiable: false }, 'nobody verifies its results now'],
    [{ banned: true, paused: true, stakeBase: 0n }, 'banned'],
  ] as const)('%o', (change, words) => expect(noJobWords({ ...NODE, ...change })).toEqual([words]));

  it('is told with what has ended', () => {
    expect(afterEnding('The pause has ended', NODE)).toBe('The node takes jobs again.');
    expect(afterEnding('The pause has ended', { ...NODE, draining: true, isVerifiable: false })).toBe('The pause has ended, but the node still gets no jobs: draining; nobody verifies its results now.');
  });
});
