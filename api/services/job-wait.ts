import type { Database, JobAttemptRow, JobRow } from '#db/postgres/database';
import { openAttemptsOfNode, refusalsOf } from '#db/postgres/attempts';
import { latestProgress } from '#db/postgres/events';
import { nodesForJob } from '#db/postgres/nodes';
import { countRefusals, type RefusalCount } from './refusal-words.ts';

/** Why a job has no node yet: what is on record about it. */
export interface WaitView {
  /** So many different nodes were asked, for this attempt, and did not take it. */
  readonly asked: number;
  readonly refusals: readonly RefusalCount[];
  /** Nodes that could take the job at its price, and how many of them work for somebody. */
  readonly capable: number;
  readonly busy: number;
  /**
   * Where all of them are busy: in how many ms the first has trained, as far as its reports tell. Null where nothing is known.
   */
  readonly firstTrainedInMs: number | null;
}

/** More busy nodes than these are not looked at for the first that is free. */
const NODES_LOOKED_AT = 20;

/** Null for a job that waits for no node. */
export async function explainWait(db: Database, job: JobRow): Promise<WaitView | null> {
  if (job.attempt === 0 || (job.state !== 'ESCROWED' && job.state !== 'QUEUED')) return null;
  const [refusals, nodes] = await Promise.all([refusalsOf(db, { jobId: job.id, attempt: job.attempt }), nodesForJob(db, job)]);
  const busy = nodes.filter(({ state }) => state === 'BUSY');
  const areAllBusy = nodes.length > 0 && busy.length === nodes.length;
  return {
    asked: new Set(refusals.map(({ nodeId }) => nodeId)).size,
    refusals: countRefusals(refusals),
    capable: nodes.length,
    busy: busy.length,
    firstTrainedInMs: areAllBusy ? await firstTrained(db, busy.slice(0, NODES_LOOKED_AT).map(({ id }) => id)) : null,
  };
}

async function firstTrained(db: Database, nodeIds: readonly string[]): Promise<number | null> {
  // What a node has delivered keeps it from nothing.
  const attempts = (await Promise.all(nodeIds.map((nodeId) => openAttemptsOfNode(db, nodeId)))).flat().filter(({ completedAt }) => completedAt === null);
  const known = (await Promise.all(attempts.map((attempt) => remainingMs(db, attempt)))).filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
}

async function remainingMs(db: Database, attempt: JobAttemptRow): Promise<number | null> {
  if (attempt.startedAt === null) return null;
  const last = await latestProgress(db, attempt);
  if (last === null) return null;
  const { step, steps } = last.progress;
  return remainingOf({ startedAt: attempt.startedAt, fromStep: attempt.resumedFromStep ?? 0, reportedAt: last.at, step, steps, now: new Date() });
}

export interface TrainingPace {
  readonly startedAt: Date;
  /** Step that this attempt went on from. */
  readonly fromStep: number;
  readonly reportedAt: Date;
  /** Done when it was reported, of all `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly now: Date;
}

/** At the pace so far; null where too little was done to tell one. A training that has fallen silent is not called done. */
export function remainingOf({ startedAt, fromStep, reportedAt, step, steps, now }: TrainingPace): number | null {
  const workedMs = reportedAt.getTime() - startedAt.getTime();
  if (step <= fromStep || step > steps || workedMs <= 0) return null;
  const leftMs = (workedMs / (step - fromStep)) * (steps - step) - (now.getTime() - reportedAt.getTime());
  return leftMs < 0 && step < steps ? null : Math.max(0, Math.round(leftMs));
}
