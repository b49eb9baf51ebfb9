import { describe, expect, it } from 'vitest';
import { remainingOf } from './job-wait.ts';

const at = (seconds: number): Date => new Date(1_800_000_000_000 + seconds * 1_000);
const pace = { startedAt: at(0), fromStep: 0, reportedAt: at(10), step: 100, steps: 400, now: at(10) };

describe('remainingOf', () => {
  it('goes on at the pace so far, also from where an earlier attempt stopped', () => {
    expect(remainingOf(pace)).toBe(30_000);
    expect(remainingOf({ ...pace, now: at(15) })).toBe(25_000);
    expect(remainingOf({ ...pace, fromStep: 50 })).toBe(60_000);
    expect(remainingOf({ ...pace, step: 400 })).toBe(0);
  });

  it('says nothing where the reports tell nothing', () => {
    expect(remainingOf({ ...pace, step: 0 })).toBeNull();
    expect(remainingOf({ ...pace, fromStep: 100 })).toBeNull();
    expect(remainingOf({ ...pace, reportedAt: at(0) })).toBeNull();
    expect(remainingOf({ ...pace, step: 500 })).toBeNull();
    // Long overdue: it was never heard to end.
    expect(remainingOf({ ...pace, now: at(100) })).toBeNull();
  });
});
