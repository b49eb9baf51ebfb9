import { describe, expect, it } from 'vitest';
import { activityTimesIn, type HistoryEvent, sumOf } from './submission.ts';

const at = (ms: number): { eventTime: { seconds: number; nanos: number } } => ({ eventTime: { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 } });

/** As a server writes it: ids count up, and starts and ends name the event that scheduled them. */
function ran(firstId: number, name: string, startedMs: number, completedMs: number): HistoryEvent[] {
  return [
    { eventId: firstId, ...at(startedMs - 50), activityTaskScheduledEventAttributes: { activityType: { name } } },
    { eventId: firstId + 1, ...at(startedMs), activityTaskStartedEventAttributes: { scheduledEventId: firstId } },
    { eventId: firstId + 2, ...at(completedMs), activityTaskCompletedEventAttributes: { scheduledEventId: firstId } },
  ];
}

describe('times of activities in a history', () => {
  it('run from the start on a worker to the completion, without the wait for a worker', () => {
    const times = activityTimesIn([{ eventId: 1, ...at(0) }, ...ran(5, 'lockEscrow', 1_990, 2_015), ...ran(11, 'assignNode', 3_000, 3_010)]);
    expect(times.get('lockEscrow')).toBeCloseTo(25, 6);
    expect(sumOf(times, ['lockEscrow', 'assignNode'])).toBeCloseTo(35, 6);
  });

  it('add up where an activity ran twice', () => {
    expect(activityTimesIn([...ran(5, 'assignNode', 100, 110), ...ran(9, 'assignNode', 500, 530)]).get('assignNode')).toBeCloseTo(40, 6);
  });

  it('have no sum where one of them never ended', () => {
    const [scheduled, started] = ran(5, 'lockEscrow', 100, 110);
    expect(sumOf(activityTimesIn([scheduled!, started!]), ['lockEscrow'])).toBeNaN();
  });
});
