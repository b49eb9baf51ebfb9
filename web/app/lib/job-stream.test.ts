import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobUpdate } from '#api/services/types';
import { applyUpdates, EMPTY_STREAM, progressShare, remainingMs } from './job-stream.ts';
import type { Wire } from './wire.ts';

const at = '2026-11-24T13:27:05.000Z';

function progress(eventId: number, step: number, loss = 1): Wire<JobUpdate> {
  const report = { attempt: 1, epoch: 1, epochs: 2, step, steps: 100, loss, accuracy: 0.5, samplesPerSecond: 640 };
  return { eventId: String(eventId), at, kind: 'progress', progress: report };
}

function state(eventId: number): Wire<JobUpdate> {
  return { eventId: String(eventId), at, kind: 'state', state: 'RUNNING' };
}

describe('applyUpdates', () => {
  it('collects each kind and remembers the last id', () => {
    const stream = applyUpdates(EMPTY_STREAM, [state(3), progress(5, 1), { eventId: '6', at, kind: 'log', line: 'hello' }]);
    expect(stream.lastEventId).toBe('6');
    expect(stream.states).toEqual([{ state: 'RUNNING', at }]);
    expect(stream.points).toEqual([{ step: 1, loss: 1, accuracy: 0.5 }]);
    expect(stream.log).toEqual([{ eventId: '6', at, line: 'hello' }]);
  });

  it('compares ids as numbers of any size', () => {
    const first = applyUpdates(EMPTY_STREAM, [state(9)]);
    expect(applyUpdates(first, [state(10)]).states).toHaveLength(2);
    const huge = { ...state(1), eventId: '9007199254740993' };
    const next = { ...state(1), eventId: '9007199254740994' };
    expect(applyUpdates(EMPTY_STREAM, [huge, next]).states).toHaveLength(2);
  });

  it('replaces the points that a resumed run does again', () => {
    const before = applyUpdates(EMPTY_STREAM, [progress(1, 10), progress(2, 20), progress(3, 30)]);
    const after = applyUpdates(before, [progress(4, 20, 0.5)]);
    expect(after.points.map(({ step, loss }) => [step, loss])).toEqual([
      [10, 1],
      [20, 0.5],
    ]);
  });

  it('keeps a very long run within bounds, its last point included', () => {
    const updates = Array.from({ length: 20_000 }, (_, index) => progress(index + 1, index + 1));
    const { points } = applyUpdates(EMPTY_STREAM, updates);
    expect(points.length).toBeLessThanOrEqual(10_001);
    expect(points.at(-1)?.step).toBe(20_000);
    const again = applyUpdates({ ...EMPTY_STREAM, points }, [progress(20_001, 20_001)]);
    expect(again.points.length).toBeLessThan(points.length);
  });

  it('gives the same stream however it is cut and however much the pieces overlap', () => {
    const all = Array.from({ length: 30 }, (_, index) => (index % 4 === 0 ? state(index + 1) : progress(index + 1, index + 1)));
    const whole = applyUpdates(EMPTY_STREAM, all);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), (cut, overlap) => {
        const first = applyUpdates(EMPTY_STREAM, all.slice(0, cut));
        expect(applyUpdates(first, all.slice(Math.max(0, cut - overlap)))).toEqual(whole);
      }),
    );
  });
});

describe('progress', () => {
  it('is a share between nothing and all', () => {
    expect(progressShare(null)).toBe(0);
    expect(progressShare({ step: 25, steps: 100 })).toBe(0.25);
    expect(progressShare({ step: 120, steps: 100 })).toBe(1);
  });

  it('knows the rest only from a measured speed', () => {
    const { progress: report } = applyUpdates(EMPTY_STREAM, [progress(1, 50)]);
    expect(remainingMs(null, 64)).toBeNull();
    expect(remainingMs(report, 64)).toBe(5_000);
    expect(remainingMs({ ...report!, samplesPerSecond: 0 }, 64)).toBeNull();
  });
});
