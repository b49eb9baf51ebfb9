import { describe, expect, it } from 'vitest';
import { fairOutcome } from './fair-outcome.ts';

const deadlineAt = new Date('2026-01-01T01:00:00Z');
const job = { deadlineAt, estimatedDurationMs: 60_000 };
const before = (ms: number): Date => new Date(deadlineAt.getTime() - ms);
const attempt = { assignedAt: before(300_000), startedAt: null, completedAt: null };
const late = { now: new Date(deadlineAt.getTime() + 1_000), outageMs: 0 };

describe('who is to blame for a missing result', () => {
  it('is a node that had the job for twice what it was expected to take, and a minute to set up', () => {
    expect(fairOutcome(job, attempt, late)).toBe('timeout');
    expect(fairOutcome(job, { ...attempt, assignedAt: before(180_000) }, late)).toBe('timeout');
  });

  it('is a node that fell silent before the deadline, however long it had the job', () => {
    expect(fairOutcome(job, { ...attempt, assignedAt: before(59_000) }, { now: before(10_000), outageMs: 0 })).toBe('timeout');
  });

  it('is nobody where the node got the job too late to finish it, or never got it', () => {
    expect(fairOutcome(job, { ...attempt, assignedAt: before(179_999) }, late)).toBe('released');
    expect(fairOutcome(job, { ...attempt, assignedAt: null }, late)).toBe('released');
    expect(fairOutcome(job, null, late)).toBe('released');
  });

  it('is nobody where the platform was down for part of that time', () => {
    expect(fairOutcome(job, attempt, { ...late, outageMs: 120_000 })).toBe('timeout');
    expect(fairOutcome(job, attempt, { ...late, outageMs: 120_001 })).toBe('released');
  });

  it('is nobody where the result is on record, whatever the workflow heard', () => {
    expect(fairOutcome(job, { ...attempt, completedAt: before(1) }, late)).toBe('delivered');
  });
});
