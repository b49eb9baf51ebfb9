import type { WorkflowHandle } from '@temporalio/client';

/** One submitted job, of the platform or bare. Times are of this process's monotonic clock. */
export interface Submission {
  readonly jobId: string;
  readonly handle: WorkflowHandle;
  readonly submittedMs: number;
  readonly acknowledgedMs: number;
}

/** The steps that touch the chain, in a job where all goes well. */
export const CHAIN_STEPS = ['lockEscrow', 'assignNode', 'commitResult', 'releasePayment'] as const;
/** Those of them that lie between the submission and the start on the node. */
export const STEPS_BEFORE_START = ['lockEscrow', 'assignNode'] as const;

interface Timestamp {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

type Maybe<T> = T | null | undefined;

/** What is read of a history's event; the server's own type has all of it. */
export interface HistoryEvent {
  readonly eventId?: unknown;
  readonly eventTime?: Maybe<Timestamp>;
  readonly activityTaskScheduledEventAttributes?: Maybe<{ readonly activityType?: Maybe<{ readonly name?: Maybe<string> }> }>;
  readonly activityTaskStartedEventAttributes?: Maybe<{ readonly scheduledEventId?: unknown }>;
  readonly activityTaskCompletedEventAttributes?: Maybe<{ readonly scheduledEventId?: unknown }>;
}

const millis = (at: Maybe<Timestamp>): number => Number(at?.seconds ?? Number.NaN) * 1000 + (at?.nanos ?? 0) / 1e6;

/**
 * How long each activity ran, from its start on a worker to its completion at the server, by the history's own clock.
 * Of one that was retried only the attempt that succeeded is in the history; one of a name that ran twice counts as the sum.
 */
export function activityTimesIn(events: readonly HistoryEvent[]): ReadonlyMap<string, number> {
  const names = new Map<number, string>();
  const starts = new Map<number, number>();
  const times = new Map<string, number>();
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled != null) names.set(Number(event.eventId), scheduled.activityType?.name ?? '');
    const started = event.activityTaskStartedEventAttributes;
    if (started != null) starts.set(Number(started.scheduledEventId), millis(event.eventTime));
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed == null) continue;
    const id = Number(completed.scheduledEventId);
    const name = names.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + millis(event.eventTime) - (starts.get(id) ?? Number.NaN));
  }
  return times;
}

export async function activityTimesMs(handle: WorkflowHandle): Promise<ReadonlyMap<string, number>> {
  return activityTimesIn((await handle.fetchHistory()).events ?? []);
}

/** Sum of some activities' times; NaN, which no report takes, where one of them is not in the history. */
export function sumOf(times: ReadonlyMap<string, number>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (times.get(name) ?? Number.NaN), 0);
}
