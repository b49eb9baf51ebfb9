import { and, asc, count, desc, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { jobs, nodes, platformOutages } from './schema.ts';

const SHOWN = 50;

/** Jobs that should have ended by now, the longest overdue first. */
export async function overdueJobs(db: Database, graceMs: number) {
  const { id, state, deadlineAt, waitingFor, workflowId } = jobs;
  const isOverdue = lt(deadlineAt, sql`now() - make_interval(secs => ${graceMs / 1000})`);
  return db.select({ id, state, deadlineAt, waitingFor, workflowId }).from(jobs).where(and(isNull(jobs.endedAt), isOverdue)).orderBy(asc(deadlineAt)).limit(SHOWN);
}

/** How many nodes are in each state, and how many of them were banned. */
export async function countNodes(db: Database) {
  return db
    .select({ state: nodes.state, nodes: count(), banned: sql<number>`count(*) FILTER (WHERE ${nodes.banned})::int` })
    .from(nodes)
    .groupBy(nodes.state)
    .orderBy(asc(nodes.state));
}

/** Classes of nodes that there are, with the instruction sets of their processors. */
export async function nodeKinds(db: Database): Promise<{ deviceClass: string; instructionSet: string }[]> {
  const { deviceClass, instructionSet } = nodes;
  return db.selectDistinct({ deviceClass, instructionSet }).from(nodes).orderBy(asc(deviceClass), asc(instructionSet));
}

/** When a part of the platform was down, the latest first. */
export async function recentOutages(db: Database, sinceMs: number) {
  const { component, fromAt, toAt } = platformOutages;
  return db
    .select({ component, fromAt, toAt })
    .from(platformOutages)
    .where(gt(toAt, sql`now() - make_interval(secs => ${sinceMs / 1000})`))
    .orderBy(desc(toAt))
    .limit(SHOWN);
}
