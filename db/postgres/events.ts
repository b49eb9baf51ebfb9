import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { JobState } from '#core/job/machine';
import type { Database, JobEventRow } from './database.ts';
import { jobEvents } from './schema.ts';

/** What each kind of event carries. Amounts are decimal strings of base units. */
export interface JobEventPayloads {
  readonly state: { readonly state: JobState };
  readonly progress: {
    readonly attempt: number;
    readonly epoch: number;
    readonly epochs: number;
    readonly step: number;
    readonly steps: number;
    readonly loss: number;
    readonly accuracy: number;
    readonly samplesPerSecond: number;
  };
  readonly log: { readonly line: string };
  readonly transfer: {
    readonly purpose: string;
    readonly from: string;
    readonly to: string;
    readonly amountBase: string;
    readonly signature: string;
  };
}
export type JobEventKind = keyof JobEventPayloads;

export type NewJobEvent = {
  [K in JobEventKind]: {
    readonly jobId: string;
    readonly kind: K;
    readonly payload: JobEventPayloads[K];
    /** The same key is the same event: a repeated write is ignored. */
    readonly dedupeKey: string;
  };
}[JobEventKind];

/** Adds one event to a job's story; listeners hear of it when the transaction commits. False: it was there already. */
export async function appendJobEvent(db: Database, event: NewJobEvent): Promise<boolean> {
  return (await appendJobEvents(db, [event])) > 0;
}

/** Adds several events in one statement; returns how many were new. */
export async function appendJobEvents(db: Database, events: readonly NewJobEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const rows = await db
    .insert(jobEvents)
    .values([...events])
    .onConflictDoNothing()
    .returning({ id: jobEvents.id });
  return rows.length;
}

/** What was last heard of an attempt's training; null before anything was. */
export async function latestProgress(db: Database, key: { jobId: string; attempt: number }): Promise<{ at: Date; progress: JobEventPayloads['progress'] } | null> {
  const [row] = await db
    .select({ at: jobEvents.at, payload: jobEvents.payload })
    .from(jobEvents)
    .where(and(eq(jobEvents.jobId, key.jobId), eq(jobEvents.kind, 'progress'), sql`(${jobEvents.payload} ->> 'attempt')::int = ${key.attempt}`))
    .orderBy(desc(jobEvents.id))
    .limit(1);
  return row === undefined ? null : { at: row.at, progress: row.payload as JobEventPayloads['progress'] };
}

/** Events of a job after `afterId`, in the order in which they were committed. */
export async function readJobEvents(
  db: Database,
  query: { jobId: string; afterId: bigint; limit: number; kind?: JobEventKind },
): Promise<JobEventRow[]> {
  return db
    .select()
    .from(jobEvents)
    .where(
      and(
        eq(jobEvents.jobId, query.jobId),
        gt(jobEvents.id, query.afterId),
        query.kind === undefined ? undefined : eq(jobEvents.kind, query.kind),
      ),
    )
    .orderBy(asc(jobEvents.id))
    .limit(query.limit);
}
