import { and, count, desc, eq, exists, gte, isNotNull, isNull, notInArray, or, sql } from 'drizzle-orm';
import { isTerminal, JOB_STATES } from '#core/job/machine';
import type { Database } from './database.ts';
import { datasets, jobAttempts, jobCheckpoints, jobs } from './schema.ts';

const TERMINAL = JOB_STATES.filter(isTerminal);

/** An attempt that is assigned, open, and its job's current one: as long as that is so, its node has the lease. */
const isOpenLease = and(isNotNull(jobAttempts.assignedAt), isNull(jobAttempts.closedAt), eq(jobs.attempt, jobAttempts.attempt), notInArray(jobs.state, TERMINAL));

/** Number of leases that a node holds now. */
export async function leasesOfNode(db: Database, nodeId: string): Promise<number> {
  const [row] = await db
    .select({ leases: count() })
    .from(jobAttempts)
    .innerJoin(jobs, eq(jobs.id, jobAttempts.jobId))
    .where(and(eq(jobAttempts.nodeId, nodeId), isOpenLease));
  return row?.leases ?? 0;
}

/**
 * Whether an object is the training data or a checkpoint of a job that this node has a lease for: `open` now, `past` once
 * but not any more, or `none`. Held-out data is never among them.
 */
export async function leaseOnObject(db: Database, nodeId: string, cid: string): Promise<'open' | 'past' | 'none'> {
  const checkpoint = db
    .select({ step: jobCheckpoints.step })
    .from(jobCheckpoints)
    .where(and(eq(jobCheckpoints.jobId, jobAttempts.jobId), eq(jobCheckpoints.cid, cid), gte(jobAttempts.attempt, jobCheckpoints.attempt)));
  const isOpen = sql<boolean>`${isOpenLease}`;
  const [row] = await db
    .select({ isOpen })
    .from(jobAttempts)
    .innerJoin(jobs, eq(jobs.id, jobAttempts.jobId))
    .where(and(eq(jobAttempts.nodeId, nodeId), isNotNull(jobAttempts.assignedAt), or(eq(jobs.datasetCid, cid), exists(checkpoint))))
    .orderBy(desc(isOpen))
    .limit(1);
  if (row === undefined) return 'none';
  return row.isOpen ? 'open' : 'past';
}

/** Whether an object is one of this user's datasets, either half of it, or the model of one of their jobs. */
export async function userHasObject(db: Database, userId: string, cid: string): Promise<boolean> {
  const dataset = db.select({ cid: datasets.cid }).from(datasets).where(and(eq(datasets.ownerId, userId), or(eq(datasets.cid, cid), eq(datasets.heldOutCid, cid))));
  const model = db.select({ id: jobs.id }).from(jobs).where(and(eq(jobs.userId, userId), eq(jobs.modelCid, cid)));
  const { rows } = await db.execute(sql`SELECT ${exists(dataset)} OR ${exists(model)} AS has`);
  return rows[0]?.['has'] === true;
}
