import { randomUUID } from 'node:crypto';
import { inArray } from 'drizzle-orm';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import type { Postgres } from '#db/postgres/connect';
import { appendJobEvent } from '#db/postgres/events';
import { applyJobTransition, insertJob } from '#db/postgres/jobs';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { jobAttempts, jobs, receipts } from '#db/postgres/schema';

export interface PlantedJobs {
  /** Has a model, a log, an attempt with its reason, and a receipt. */
  readonly completed: string;
  /** Past its deadline, so that operators are shown it. */
  readonly overdue: string;
  remove(): Promise<void>;
}

/** Two jobs in the books of this person in which every text that somebody else could have written is this one. */
export async function plantJobs({ db }: Postgres, userId: string, text: string): Promise<PlantedJobs> {
  const graphJson = JSON.stringify({ version: 1, nodes: [{ id: `id ${text}`, type: `layer ${text}`, params: {} }], edges: [] });
  const insert = async (deadlineAt: Date): Promise<string> => {
    const id = randomUUID();
    await insertJob(db, {
      ...{ id, userId, requestId: id, workflowId: `job ${text}`, graphJson, datasetCid: `cid ${text}`, deviceClass: `class ${text}`, deadlineMs: 60_000, deadlineAt, quoteId: randomUUID() },
      ...{ hyperParameters: { epochs: 1, batchSize: 8, learningRate: 0.1, optimizer: 'sgd', seed: 1 }, specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n },
      ...{ requesterAddress: `address ${text}`, modelKeyWrapped: 'v1.x' },
    });
    return id;
  };
  const completed = await insert(new Date(Date.now() + 60_000));
  // Before the end: the stream of an ended job stops there.
  await appendJobEvent(db, { jobId: completed, kind: 'log', payload: { line: `line ${text}` }, dedupeKey: 'line' });
  for (const event of ['submit', 'lockEscrow', 'assignNode', 'startTraining', 'complete'] as const) {
    await applyJobTransition(db, { jobId: completed, event, transitionKey: event, patch: { modelCid: `model ${text}` } });
  }
  await openAttempt(db, { jobId: completed, attempt: 1 });
  await recordClaim(db, { jobId: completed, attempt: 1, nodeId: randomUUID() });
  await closeWithOutcome(db, { jobId: completed, attempt: 1, outcome: 'released', reason: `reason ${text}` });
  await db.insert(receipts).values({ jobId: completed, userId, body: '{}\n' });
  const overdue = await insert(new Date(Date.now() - 5 * 60_000));
  await applyJobTransition(db, { jobId: overdue, event: 'submit', transitionKey: 'submit:0', patch: { waitingFor: `waiting ${text}` } });

  const ids = [completed, overdue];
  const remove = async (): Promise<void> => {
    // Their events stay: nothing may be taken out of a job's story.
    for (const table of [jobAttempts, receipts]) await db.delete(table).where(inArray(table.jobId, ids));
    await db.delete(jobs).where(inArray(jobs.id, ids));
  };
  return { completed, overdue, remove };
}
