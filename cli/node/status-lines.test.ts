import { describe, expect, it } from 'vitest';
import type { NodeStatus, Slash } from '#api/client/node-types';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { statusLines, whyNoJobs } from './status-lines.ts';

const NODE: NodeStatus = {
  ...{ nodeId: 'n1', account: 'a', deviceClass: 'cpu', deviceName: 'c', memoryMb: 1, state: 'ACTIVE', pricePerHourBase: cyx('300'), stakeBase: cyx('100') },
  ...{ samplesPerSecond: 1, totalJobs: 5, successful: 4, avgTimeMs: 1, lastSeenAt: new Date(0), machineId: 'm', paused: false, draining: false },
  ...{ maintenance: false, unstaking: false, unstakeAvailableAt: null, banned: false, capability: 'shown', isVerifiable: true, jobs: [] },
};
const SLASH: Slash = {
  ...{ at: new Date(0), jobId: 'j1', attempt: 2, outcome: 'invalid', reason: 'steps 1 to 5 give another state', amountBase: cyx('25'), percent: 25 },
  ...{ evidence: '{"format":"cyxwiz-evidence/1"}', evidenceHashHex: 'ab', signature: 's1' },
};

describe('why a node takes no jobs', () => {
  it('is nothing for one that does', () => expect(whyNoJobs(NODE)).toEqual([]));

  it('is nothing for one that was asked to show again what it can do, and still has time', () => expect(whyNoJobs({ ...NODE, capability: 'due' })).toEqual([]));

  it.each([
    ['paused', { paused: true }, ['cyxwiz node resume']],
    ['drained', { draining: true }, ['cyxwiz node resume']],
    ['under maintenance', { maintenance: true }, ['maintenance']],
    ['unstaking', { unstaking: true, unstakeAvailableAt: new Date(0) }, ['until 1970-01-01T00:00:00.000Z at least', 'unstake --cancel']],
    ['overdue', { capability: 'overdue' as const }, ['show again what it can do']],
    ['unshown', { capability: 'unshown' as const }, ['has not shown what it can do']],
    ['verified by nobody', { isVerifiable: false }, ['nobody verifies']],
    ['slashed', { stakeBase: cyx('75') }, ['cyxwiz node top-up 25']],
  ])('says of one that is %s what would change it', (_what, change, words) => {
    const [line, ...more] = whyNoJobs({ ...NODE, ...change });
    expect(more).toEqual([]);
    for (const word of words) expect(line).toContain(word);
  });

  it('names every reason, but of a ban only that', () => {
    expect(whyNoJobs({ ...NODE, paused: true, draining: true, maintenance: true })).toHaveLength(3);
    expect(whyNoJobs({ ...NODE, banned: true, stakeBase: 0n, paused: true })).toEqual([expect.stringContaining('banned for good')]);
  });
});

describe('the status of a node', () => {
  it('tells each slash with its reason, evidence and transaction', () => {
    const text = statusLines({ ...NODE, jobs: [{ jobId: 'j2', attempt: 1 }] }, [SLASH], 42).join('\n');
    for (const words of ['runs here as process 42', 'works on job j2', 'slashed 25.000 CYXWIZ (25 %)', 'steps 1 to 5', 'job j1, attempt 2; transaction s1', 'SHA-256 ab', SLASH.evidence]) {
      expect(text).toContain(words);
    }
    expect(statusLines(NODE, [], null).join('\n')).toContain('cyxwiz node start');
    expect(statusLines(NODE, [], undefined).join('\n')).not.toContain('here');
  });
});
