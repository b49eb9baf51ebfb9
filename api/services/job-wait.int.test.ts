import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { markAssigned, markStarted, openAttempt, recordClaim, recordCompletion, recordOffer } from '#db/postgres/attempts';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import type { Database, JobRow } from '#db/postgres/database';
import { keepDraw } from '#db/postgres/draws';
import { appendJobEvent } from '#db/postgres/events';
import { applyJobTransition, insertJob, requireJob } from '#db/postgres/jobs';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { upsertNode } from '#db/postgres/nodes';
import { keepVerdict } from '#db/postgres/verdicts';
import { checksOfJob } from './job-checks.ts';
import { explainWait } from './job-wait.ts';

/** More than any other test's node has at stake, so that only the nodes made here can take the job. */
const AMOUNT_BASE = 10n ** 17n;

let postgres: Postgres;
let db: Database;
let job: JobRow;

beforeAll(async () => {
  postgres = connectPostgres({ url: parseConfig(inject('stackEnv')).databaseUrl, onError: () => undefined });
  await migrate(postgres);
  ({ db } = postgres);
});
afterAll(async () => {
  await db.execute(sql`DELETE FROM nodes WHERE stake_base >= ${AMOUNT_BASE.toString()}::numeric`);
  await postgres.close();
});

async function newJob(): Promise<JobRow> {
  const id = randomUUID();
  const facts = { id, userId: randomUUID(), requestId: id, workflowId: `job-${id}`, graphJson: '{}', datasetCid: 'bafy', hyperParameters: {}, deviceClass: 'cuda.80g', deadlineMs: 60_000 };
  await insertJob(db, { ...facts, quoteId: randomUUID(), specificationHash: 'h', amountBase: AMOUNT_BASE, pricePerHourBase: 5n, requesterAddress: 'a', modelKeyWrapped: 'v1.x', deadlineAt: new Date(Date.now() + 600_000) });
  for (const event of ['submit', 'lockEscrow'] as const) await applyJobTransition(db, { jobId: id, event, transitionKey: event });
  await openAttempt(db, { jobId: id, attempt: 1 });
  return requireJob(db, id);
}

async function newNode(state: 'ACTIVE' | 'BUSY'): Promise<string> {
  const id = randomUUID();
  const row = { ownerId: randomUUID(), machineId: `machine-${id.slice(0, 8)}`, ownerAddress: 'a', deviceClass: 'cuda.80g', deviceName: 'G', measured: measuredAs('cuda.80g'), pricePerHourBase: 5n, stakeBase: AMOUNT_BASE };
  await upsertNode(db, { id, ...row, state });
  return id;
}

beforeEach(async () => {
  await db.execute(sql`DELETE FROM nodes WHERE stake_base >= ${AMOUNT_BASE.toString()}::numeric`);
  job = await newJob();
});

describe('explainWait', () => {
  const refuse = (nodeId: string, reason: string, attempt = 1) => recordOffer(db, { jobId: job.id, attempt, nodeId, accepted: false, reason });

  it('counts the nodes that were asked for this attempt, by what they said', async () => {
    const [one, two] = [await newNode('ACTIVE'), await newNode('BUSY')];
    expect(await explainWait(db, job)).toEqual({ asked: 0, refusals: [], capable: 2, busy: 1, firstTrainedInMs: null });
    await refuse(one, 'this node is short of disk space');
    await refuse(one, 'the node is BUSY');
    await refuse(two, 'this node is busy');
    await recordOffer(db, { jobId: job.id, attempt: 1, nodeId: randomUUID(), accepted: true, reason: '' });
    await refuse(randomUUID(), 'of another attempt', 2);
    expect(await explainWait(db, job)).toMatchObject({
      asked: 2,
      refusals: [
        { words: 'busy with another job', nodes: 2 },
        { words: 'short of disk space', nodes: 1 },
      ],
    });
  });

  it('says when the first busy node has trained, from its own reports and only where all are busy', async () => {
    const [silent, working] = [await newNode('BUSY'), await newNode('BUSY')];
    const other = await newJob();
    const key = { jobId: other.id, attempt: 1, nodeId: working };
    await recordClaim(db, key);
    await markAssigned(db, key);
    await markStarted(db, key);
    expect((await explainWait(db, job))?.firstTrainedInMs).toBeNull();
    const progress = { attempt: 1, epoch: 1, epochs: 4, step: 100, steps: 400, loss: 1, accuracy: 0, samplesPerSecond: 1 };
    await db.execute(sql`UPDATE job_attempts SET started_at = now() - interval '10 seconds' WHERE job_id = ${other.id}`);
    await appendJobEvent(db, { jobId: other.id, kind: 'progress', payload: { ...progress, step: 50 }, dedupeKey: 'progress:1:1' });
    await appendJobEvent(db, { jobId: other.id, kind: 'progress', payload: progress, dedupeKey: 'progress:1:2' });
    const leftMs = (await explainWait(db, job))?.firstTrainedInMs ?? 0;
    expect(leftMs).toBeGreaterThan(20_000);
    expect(leftMs).toBeLessThanOrEqual(33_000);
    await recordCompletion(db, key, { modelCid: 'm', modelSizeBytes: 1, commitment: new Uint8Array(32), finalLoss: 0, finalAccuracy: 1, trainingMs: 1 });
    // What it has delivered keeps it from nothing: if it is still busy, it is with something else.
    expect((await explainWait(db, job))?.firstTrainedInMs).toBeNull();
    await db.execute(sql`UPDATE nodes SET state = 'ACTIVE' WHERE id = ${silent}`);
    expect(await explainWait(db, job)).toMatchObject({ capable: 2, busy: 1, firstTrainedInMs: null });
  });

  it('has nothing to say of a job that waits for no node', async () => {
    await applyJobTransition(db, { jobId: job.id, event: 'assignNode', transitionKey: 'assign' });
    expect(await explainWait(db, await requireJob(db, job.id))).toBeNull();
  });
});

describe('checksOfJob', () => {
  it('tells of each delivered result what was drawn, what verifiers found, and what that comes to', async () => {
    expect(await checksOfJob(db, job.id)).toEqual([]);
    const key = { jobId: job.id, attempt: 1, nodeId: randomUUID() };
    await recordClaim(db, key);
    await markAssigned(db, key);
    await recordCompletion(db, key, { modelCid: 'm', modelSizeBytes: 1, commitment: new Uint8Array(32), finalLoss: 0, finalAccuracy: 1, trainingMs: 1 });
    expect(await checksOfJob(db, job.id)).toMatchObject([{ attempt: 1, draw: null, verdicts: [], decision: 'open' }]);
    const bytes = new Uint8Array(32);
    const segments = [{ fromStep: 0, toStep: 50, attempt: 1 }];
    await keepDraw(db, { jobId: job.id, attempt: 1, root: bytes, slot: 77n, blockhash: 'b', secret: bytes, seed: bytes, rates: { 1: 0.5 }, segments });
    const verdict = { jobId: job.id, attempt: 1, segments: 1, steps: 50, tookMs: 900 };
    await keepVerdict(db, { ...verdict, opinion: 1, verifierId: 'v1', valid: false, reason: 'step 50 differs', blamedAttempt: 1 });
    expect(await checksOfJob(db, job.id)).toMatchObject([{ draw: { slot: 77n, segments, rates: { 1: 0.5 } }, verdicts: [{ verifierId: 'v1', reason: 'step 50 differs', tookMs: 900 }], decision: 'open' }]);
    await keepVerdict(db, { ...verdict, opinion: 2, verifierId: 'v2', valid: false, reason: 'the same', blamedAttempt: 1 });
    const [check] = await checksOfJob(db, job.id);
    expect([check!.verdicts.length, check!.decision]).toEqual([2, 'invalid']);
    expect(JSON.stringify(check!.draw, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))).not.toMatch(/secret|seed/);
  });
});
