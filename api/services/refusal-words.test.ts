import { describe, expect, it } from 'vitest';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import type { JobAttemptRow, JobRow, NodeRow } from '#db/postgres/database';
import { refusalOf } from './claim-rules.ts';
import { countRefusals, refusalWords } from './refusal-words.ts';

const job = { state: 'ESCROWED', attempt: 1, userId: 'me', deviceClass: 'cpu', pricePerHourBase: 5n, amountBase: 200_000_000_000n, estimatedDurationMs: 0, deadlineAt: new Date(Date.now() + 60_000) } as JobRow;
const node = { id: 'n', ownerId: 'you', deviceClass: 'cpu', state: 'ACTIVE', pricePerHourBase: 5n, stakeBase: 200_000_000_000n, measured: measuredAs('cpu'), challengeDueAt: null as Date | null } as NodeRow;
const attempt = { nodeId: null, closedAt: null, assignedAt: null, claimedAt: null, openedAt: new Date() } as JobAttemptRow;
const facts = { node, job, attempt, claimed: 1, others: [], smallerIsFree: false, othersFirst: false };

describe('refusalWords', () => {
  it('knows every reason that the platform gives', () => {
    const changes = [
      { claimed: 2 },
      { attempt: { ...attempt, closedAt: new Date() } },
      { attempt: { ...attempt, nodeId: 'other', assignedAt: new Date() } },
      { job: { ...job, state: 'QUEUED' } },
      { job: { ...job, deadlineAt: new Date() } },
      { node: { ...node, ownerId: 'me' } },
      { node: { ...node, measured: measuredAs('cuda.8g') } },
      { node: { ...node, measured: null } },
      { node: { ...node, challengeDueAt: new Date(0) } },
      ...['banned', 'paused', 'draining', 'maintenance', 'unstaking'].map((flag) => ({ node: { ...node, [flag]: true } })),
      { node: { ...node, stakeBase: 1n } },
      { node: { ...node, stakeBase: 100_000_000_000n } },
      { node: { ...node, state: 'BUSY' } },
      { node: { ...node, state: 'OFFLINE' } },
      { node: { ...node, pricePerHourBase: 6n } },
      { others: [{ completedAt: null, amountBase: 1n }] },
      { others: Array.from({ length: 8 }, () => ({ completedAt: new Date(), amountBase: 1n })), node: { ...node, stakeBase: 300_000_000_000n } },
      { smallerIsFree: true },
      { othersFirst: true },
    ];
    for (const change of changes) {
      const reason = refusalOf({ ...facts, ...change });
      expect(reason, JSON.stringify(Object.keys(change))).not.toBeNull();
      expect(refusalWords(reason!), reason!).not.toContain('“');
    }
    expect(refusalWords('no verifier for results of this processor is online')).toContain('nobody verifies');
    expect(refusalOf(facts)).toBeNull();
  });

  it('quotes what a node worded itself, and not at any length', () => {
    expect(refusalWords('my cat sleeps on it')).toBe('“my cat sleeps on it”');
    expect(refusalWords('x'.repeat(500))).toHaveLength(122);
    expect(refusalWords('')).toBe('gave no reason');
  });
});

describe('countRefusals', () => {
  it('counts nodes by what they mean, once each', () => {
    const refusals = [
      { nodeId: 'a', reason: 'this node is short of disk space' },
      { nodeId: 'a', reason: 'this node is busy' },
      { nodeId: 'b', reason: 'the node is BUSY' },
      { nodeId: 'b', reason: 'the node holds another job' },
    ];
    expect(countRefusals(refusals)).toEqual([
      { words: 'busy with another job', nodes: 2 },
      { words: 'short of disk space', nodes: 1 },
    ]);
  });
});
