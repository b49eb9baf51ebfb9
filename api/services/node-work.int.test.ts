import { randomBytes, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { and, count, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createTokens, type NodeIdentity, type Tokens } from '#api/auth/tokens';
import { parseConfig } from '#core/config/config';
import { closeAttempt, markAssigned, openAttempt, recordClaim } from '#db/postgres/attempts';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import { readJobEvents } from '#db/postgres/events';
import { insertJob } from '#db/postgres/jobs';
import { upsertNode } from '#db/postgres/nodes';
import { nodeOffers } from '#db/postgres/schema';
import { createLocalKms } from '#db/secrets/kms';
import type { ProgressReport } from './node-types.ts';
import { createNodeWork } from './node-work.ts';

let postgres: Postgres;
let tokens: Tokens;
let work: ReturnType<typeof createNodeWork>;
let node: NodeIdentity;
let jobId: string;

beforeAll(async () => {
  postgres = connectPostgres({ url: parseConfig(inject('stackEnv')).databaseUrl, onError: () => undefined });
  await migrate(postgres);
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  tokens = await createTokens({ ...(await exportJWK(privateKey)), kid: 'test' });
});
afterAll(() => postgres.close());

beforeEach(async () => {
  const { db } = postgres;
  work = createNodeWork({ postgres, tokens, kms: createLocalKms(randomBytes(32)), storageUrl: 'http://127.0.0.1:9' });
  jobId = randomUUID();
  const own = { ownerId: randomUUID(), machineId: `machine-${randomUUID().slice(0, 8)}` };
  const { id: nodeId } = await upsertNode(db, { id: randomUUID(), ...own, ownerAddress: 'a', deviceClass: 'cpu', deviceName: 'C', state: 'ACTIVE', pricePerHourBase: 1n });
  node = { kind: 'node', nodeId, ...own, queues: [], expiresAtMs: Date.now() + 60_000 };
  await insertJob(db, {
    id: jobId,
    userId: randomUUID(),
    requestId: jobId,
    workflowId: `job-${jobId}`,
    graphJson: '{}',
    datasetCid: 'bafy',
    hyperParameters: {},
    deviceClass: 'cpu',
    deadlineMs: 60_000,
    quoteId: randomUUID(),
    specificationHash: 'h',
    amountBase: 1n,
    pricePerHourBase: 1n,
    requesterAddress: 'a',
    modelKeyWrapped: 'v1.x',
    deadlineAt: new Date(Date.now() + 60_000),
  });
  await openAttempt(db, { jobId, attempt: 1 });
});

async function offersKept(attempt = 1): Promise<number> {
  const [row] = await postgres.db.select({ rows: count() }).from(nodeOffers).where(and(eq(nodeOffers.jobId, jobId), eq(nodeOffers.attempt, attempt)));
  return row!.rows;
}
const refuse = (reason: string, attempt = 1) => work.claim(node, { jobId, attempt, accept: false, reason });

describe('answers to offers', () => {
  it('are kept once for each reason, also when they come at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => refuse('busy')));
    await refuse('too cheap');
    expect(await offersKept()).toBe(2);
  });

  it('are kept once where the platform says no', async () => {
    for (let asked = 0; asked < 3; asked += 1) expect((await work.claim(node, { jobId, attempt: 1, accept: true, reason: '' })).granted).toBe(false);
    expect(await offersKept()).toBe(1);
  });

  it('are bounded for one attempt, and hold nothing that can not be stored', async () => {
    expect((await refuse('with a\u0000 NUL')).granted).toBe(false);
    for (let n = 0; n < 30; n += 1) await refuse(`reason ${n}`);
    expect(await offersKept()).toBe(20);
  });

  it('are kept of open attempts alone', async () => {
    await refuse('busy', 2);
    await closeAttempt(postgres.db, { jobId, attempt: 1, outcome: 'released' });
    await refuse('busy');
    expect([await offersKept(1), await offersKept(2)]).toEqual([0, 0]);
    await expect(refuse('busy', 2 ** 40)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('progress', () => {
  const report = (sequence: number, log = ''): ProgressReport => ({ jobId, attempt: 1, sequence: BigInt(sequence), epoch: 1, epochs: 1, step: sequence, steps: 900, loss: 1, accuracy: 0, samplesPerSecond: 1, log });
  const events = async () => (await readJobEvents(postgres.db, { jobId, afterId: 0n, limit: 500, kind: 'progress' })).length;
  beforeEach(async () => {
    await recordClaim(postgres.db, { jobId, attempt: 1, nodeId: node.nodeId });
    await markAssigned(postgres.db, { jobId, attempt: 1, nodeId: node.nodeId });
  });

  it('is limited for each attempt, and goes on after a moment', async () => {
    const flood = await Promise.allSettled(Array.from({ length: 200 }, (_, index) => work.reportProgress(node, report(index + 1))));
    const refused = flood.filter((outcome) => outcome.status === 'rejected').map((outcome) => (outcome.reason as { code: string }).code);
    expect(new Set(refused)).toEqual(new Set(['RATE_LIMITED']));
    expect(refused.length).toBeGreaterThan(120);
    expect(await events()).toBe(200 - refused.length);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await work.reportProgress(node, report(201));
  });

  it('has lines of a length that people read, without control characters', async () => {
    await expect(work.reportProgress(node, report(1, 'x'.repeat(501)))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await work.reportProgress(node, report(2, 'a\u0000b\u001B[31m'));
    const [line] = await readJobEvents(postgres.db, { jobId, afterId: 0n, limit: 5, kind: 'log' });
    expect(line!.payload).toEqual({ line: 'a b [31m' });
  });
});
