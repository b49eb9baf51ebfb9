import { and, desc, DrizzleQueryError, eq, exists, ilike, inArray, like, lt, or, sql, type SQL } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import { isTerminal, transition, type JobEvent, type JobState } from '#core/job/machine';
import type { Database, JobRow, NewJobRow } from './database.ts';
import { keyset, type Position } from './keyset.ts';
import { datasets, jobEvents, jobs } from './schema.ts';

/** What may be written together with a state change. */
export type JobPatch = Partial<
  Pick<
    JobRow,
    'attempt' | 'nodeId' | 'escrowAddress' | 'modelCid' | 'testAccuracy' | 'testLoss' | 'endReason' | 'waitingFor' | 'requesterAddress'
  >
>;

export interface JobTransition {
  readonly jobId: string;
  readonly event: JobEvent;
  /**
   * Names this one transition of the job, e.g. `lockEscrow:1`. A repeated key changes nothing and returns the
   * row as it is now, so an activity may be retried after its answer was lost.
   */
  readonly transitionKey: string;
  /** CONFLICT where the row has moved on meanwhile. */
  readonly expectedVersion?: number;
  readonly patch?: JobPatch;
}

/**
 * The only way a job's state changes: core's transition, version + 1 and the `state` event. The row as it was read decides,
 * and it is written in one statement only while it still has that version, so no lock is held between the two; where
 * somebody was faster, everything is decided anew. Throws NOT_FOUND, CONFLICT, or STATE_CONFLICT where the machine forbids
 * the event.
 */
export async function applyJobTransition(db: Database, change: JobTransition): Promise<JobRow> {
  const dedupeKey = `state:${change.transitionKey}`;
  for (;;) {
    const [found] = await db
      .select({ job: jobs, eventId: jobEvents.id })
      .from(jobs)
      .leftJoin(jobEvents, and(eq(jobEvents.jobId, jobs.id), eq(jobEvents.dedupeKey, dedupeKey)))
      .where(eq(jobs.id, change.jobId));
    if (found === undefined) throw jobNotFound(change.jobId);
    const { job, eventId } = found;
    if (eventId !== null) return job;
    if (change.expectedVersion !== undefined && change.expectedVersion !== job.version) {
      throw new CyxError('CONFLICT', `Job ${job.id} is at version ${job.version}, not ${change.expectedVersion}`);
    }
    const moved = await writeTransition(db, job, { state: transition(job.state as JobState, change.event), patch: change.patch, dedupeKey });
    if (moved !== null) return moved;
  }
}

/** Null where the row has another version by now. */
async function writeTransition(
  db: Database,
  job: JobRow,
  { state, patch, dedupeKey }: { state: JobState; patch: JobPatch | undefined; dedupeKey: string },
): Promise<JobRow | null> {
  // What has ended waits for nothing, whatever the patch was made from.
  const waitingFor = isTerminal(state) ? '' : (patch?.waitingFor ?? '');
  const changes = { ...patch, waitingFor, state, version: job.version + 1 };
  const update = db
    .update(jobs)
    .set({ ...changes, ...(isTerminal(state) ? { endedAt: sql`now()` } : {}) })
    .where(and(eq(jobs.id, job.id), eq(jobs.version, job.version)))
    .returning({ id: jobs.id, endedAt: jobs.endedAt });
  const { rows } = await db.execute<{ ended_at: Date | string | null }>(sql`
    WITH moved AS ${update}, noted AS (
      INSERT INTO ${jobEvents} (job_id, kind, payload, dedupe_key)
      SELECT id, 'state', ${JSON.stringify({ state })}::jsonb, ${dedupeKey} FROM moved)
    SELECT ended_at FROM moved`);
  const [row] = rows;
  return row === undefined ? null : { ...job, ...changes, endedAt: row.ended_at === null ? null : new Date(row.ended_at) };
}

/** Changes facts that are not the state (`waitingFor`, a model's CID, …). */
export async function patchJob(db: Database, jobId: string, patch: JobPatch): Promise<void> {
  await db.update(jobs).set(patch).where(eq(jobs.id, jobId));
}

/**
 * Creates the row of a job in state CREATED together with its first event, in one statement: this is on the way of every
 * submission. Nothing is made where the row was there already, or where the user has `maxOpenJobs` that have not ended.
 */
export async function insertJob(db: Database, row: Omit<NewJobRow, 'state' | 'version'>, maxOpenJobs = Infinity): Promise<'created' | 'known' | 'full'> {
  // The function gives the state of a new job or fails; it counts under a lock of that user, so the limit is exact.
  const state = Number.isFinite(maxOpenJobs) ? sql`take_job_slot(${row.userId}, ${maxOpenJobs})` : 'CREATED';
  const insertion = db
    .insert(jobs)
    .values({ ...row, state })
    .onConflictDoNothing()
    .returning({ id: jobs.id });
  try {
    const result = await db.execute(sql`
      WITH created AS ${insertion}
      INSERT INTO ${jobEvents} (job_id, kind, payload, dedupe_key)
      SELECT id, 'state', '{"state":"CREATED"}'::jsonb, 'state:created' FROM created`);
    return (result.rowCount ?? 0) > 0 ? 'created' : 'known';
  } catch (error) {
    if (error instanceof DrizzleQueryError && (error.cause as { code?: unknown } | undefined)?.code === NO_JOB_SLOT) return 'full';
    throw error;
  }
}

/** SQLSTATE of `take_job_slot`. */
const NO_JOB_SLOT = 'CYX01';

export async function findJob(db: Database, jobId: string): Promise<JobRow | null> {
  const [row] = await db.select().from(jobs).where(eq(jobs.id, jobId));
  return row ?? null;
}

/** Like `findJob`, but throws NOT_FOUND. */
export async function requireJob(db: Database, jobId: string): Promise<JobRow> {
  const row = await findJob(db, jobId);
  if (row === null) throw jobNotFound(jobId);
  return row;
}

export interface JobsQuery {
  readonly userId: string;
  readonly state?: JobState | undefined;
  /** Beginning of a job id, of a dataset's CID or of a device class, or a part of the dataset's name; '' for all. */
  readonly search?: string | undefined;
  readonly after?: Position | undefined;
  readonly limit: number;
}

/** A user's jobs, newest first, after a position. */
export async function listJobs(db: Database, query: JobsQuery): Promise<JobRow[]> {
  const { order, after } = keyset(jobs.createdAt, jobs.id, 'newest');
  return db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.userId, query.userId),
        query.state === undefined ? undefined : eq(jobs.state, query.state),
        (query.search ?? '') === '' ? undefined : matches(db, query.search!),
        after(query.after),
      ),
    )
    .orderBy(...order)
    .limit(query.limit);
}

/** Which of these jobs are this user's. */
export async function ownJobIds(db: Database, { userId, jobIds }: { userId: string; jobIds: readonly string[] }): Promise<ReadonlySet<string>> {
  if (jobIds.length === 0) return new Set();
  const rows = await db.select({ id: jobs.id }).from(jobs).where(and(inArray(jobs.id, [...jobIds]), eq(jobs.userId, userId)));
  return new Set(rows.map(({ id }) => id));
}

/** Only among one user's jobs, so no index of its own is needed. What means something to LIKE is taken word for word. */
function matches(db: Database, search: string): SQL | undefined {
  const text = search.replace(/[\\%_]/g, '\\$&');
  const beginning = `${text.toLowerCase()}%`;
  const named = db
    .select({ cid: datasets.cid })
    .from(datasets)
    .where(and(eq(datasets.ownerId, jobs.userId), eq(datasets.cid, jobs.datasetCid), ilike(datasets.name, `%${text}%`)));
  return or(like(sql`${jobs.id}::text`, beginning), like(jobs.datasetCid, beginning), like(jobs.deviceClass, beginning), exists(named));
}

/** A user's completed jobs, the newest model first. */
export async function listCompletedJobs(db: Database, userId: string): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.userId, userId), eq(jobs.state, 'COMPLETED')))
    .orderBy(desc(jobs.endedAt))
    .limit(500);
}

/** The same, in pages: positions are instants of their end. */
export async function pageOfCompletedJobs(db: Database, query: { userId: string; after: Position | undefined; limit: number }): Promise<JobRow[]> {
  const { order, after } = keyset(jobs.endedAt, jobs.id, 'newest');
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.userId, query.userId), eq(jobs.state, 'COMPLETED'), after(query.after)))
    .orderBy(...order)
    .limit(query.limit);
}

/** Jobs that are still CREATED although their deadline has passed. */
export async function overdueUnsubmittedJobs(db: Database): Promise<string[]> {
  const rows = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.state, 'CREATED'), lt(jobs.deadlineAt, sql`now()`)))
    .limit(100);
  return rows.map((row) => row.id);
}

function jobNotFound(jobId: string): CyxError {
  return new CyxError('NOT_FOUND', `There is no job ${jobId}. Check the id, or list your jobs.`);
}
