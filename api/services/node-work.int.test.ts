import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { and, count, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createTokens, type NodeIdentity, type Tokens } from '#api/auth/tokens';
import { parseConfig } from '#core/config/config';
import { createLeaseKeyPair } from '#cyxcloud/client/lease-keys';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { startStorageServer } from '#cyxcloud/gateway/server';
import { findAttempt, markAssigned, openAttempt, recordClaim } from '#db/postgres/attempts';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { checkpointsOfJob } from '#db/postgres/checkpoints';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import { readJobEvents } from '#db/postgres/events';
import { upsertDataset } from '#db/postgres/datasets';
import { insertJob } from '#db/postgres/jobs';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { upsertNode } from '#db/postgres/nodes';
import { jobAttempts, nodeOffers, nodes as nodeRows } from '#db/postgres/schema';
import { createLocalKms } from '#db/secrets/kms';
import type { ProgressReport, StoredCheckpoint } from './node-types.ts';
import { createNodeWork } from './node-work.ts';

let postgres: Postgres;
let tokens: Tokens;
let work: ReturnType<typeof createNodeWork>;
let dir: string;
let storage: Awaited<ReturnType<typeof startStorageServer>>;
let cid: string;
const kms = createLocalKms(randomBytes(32));
let node: NodeIdentity;
let jobId: string;
let publicKey: Uint8Array;

beforeAll(async () => {
  ({ publicKey } = await createLeaseKeyPair());
  postgres = connectPostgres({ url: parseConfig(inject('stackEnv')).databaseUrl, onError: () => undefined });
  await migrate(postgres);
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  tokens = await createTokens({ ...(await exportJWK(privateKey)), kid: 'test' });
  dir = mkdtempSync(join(tmpdir(), 'node-work-'));
  const authenticate = () => Promise.resolve({ subject: 'tester', role: 'user' } as const);
  storage = await startStorageServer({ dataDir: dir, host: '127.0.0.1', port: 0, authenticate, maxObjectBytes: 1_000_000, log: () => undefined });
  const cloud = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any') });
  ({ cid } = await cloud.put(new TextEncoder().encode('what a node stored')));
});
afterAll(async () => {
  await storage.close();
  await postgres.close();
  rmSync(dir, { recursive: true });
});

beforeEach(async () => {
  const { db } = postgres;
  work = createNodeWork({ postgres, tokens, kms, storageUrl: storage.url });
  jobId = randomUUID();
  const userId = randomUUID();
  const keyWrapped = await kms.wrap(randomBytes(32), 'dataset-key', cid);
  const heldOut = { heldOutCid: cid, heldOutSamples: 1, heldOutKeyWrapped: keyWrapped };
  await upsertDataset(db, { ownerId: userId, cid, name: 'd', samples: 1, sizeBytes: 1, sampleShape: [1], classes: 2, keyWrapped, ...heldOut });
  const own = { ownerId: randomUUID(), machineId: `machine-${randomUUID().slice(0, 8)}` };
  const { id: nodeId } = await upsertNode(db, { id: randomUUID(), ...own, ownerAddress: 'a', deviceClass: 'cpu', deviceName: 'C', measured: measuredAs('cpu'), state: 'ACTIVE', pricePerHourBase: 1n });
  node = { kind: 'node', nodeId, ...own, queues: [], expiresAtMs: Date.now() + 60_000 };
  await insertJob(db, {
    id: jobId,
    userId,
    requestId: jobId,
    workflowId: `job-${jobId}`,
    graphJson: '{}',
    datasetCid: cid,
    hyperParameters: {},
    deviceClass: 'cpu',
    deadlineMs: 60_000,
    quoteId: randomUUID(),
    specificationHash: 'h',
    amountBase: 1n,
    pricePerHourBase: 1n,
    requesterAddress: 'a',
    modelKeyWrapped: await kms.wrap(randomBytes(32), 'model-key', jobId),
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
    await closeWithOutcome(postgres.db, { jobId, attempt: 1, outcome: 'released' });
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

describe('checkpoints', () => {
  const bytes = (value: number): Uint8Array => new Uint8Array(32).fill(value);
  const checkpoint = (step: number, change: Partial<StoredCheckpoint> = {}): StoredCheckpoint => {
    return { step, cid, sizeBytes: 9, isLink: true, stateHash: bytes(step), epoch: 0, batch: step, meanLoss: 0.5, chain: bytes(step), ...change };
  };
  const report = (attempt: number, step: number, change: Partial<StoredCheckpoint> = {}) => work.reportCheckpoint(node, { jobId, attempt, checkpoint: checkpoint(step, change) });
  const complete = (attempt: number) =>
    work.reportCompletion(node, { jobId, attempt, modelCid: cid, modelSizeBytes: 9, commitment: bytes(1), finalLoss: 0, finalAccuracy: 1, trainingMs: 1 });
  const progress = (attempt: number) => work.reportProgress(node, { jobId, attempt, sequence: 1n, epoch: 1, epochs: 1, step: 1, steps: 9, loss: 1, accuracy: 0, samplesPerSecond: 1, log: '' });
  const resumeStep = async (attempt: number, resumeBeforeStep = 0) => (await work.acquireLease(node, { jobId, attempt, resumeBeforeStep, publicKey })).resumeFrom?.step;
  const recordedStart = async (attempt: number) => (await findAttempt(postgres.db, { jobId, attempt }))!.resumedFromStep;
  const stored = async () => (await checkpointsOfJob(postgres.db, jobId)).map(({ attempt, step }) => [attempt, step]);
  const assign = async (attempt: number): Promise<void> => {
    await openAttempt(postgres.db, { jobId, attempt });
    await recordClaim(postgres.db, { jobId, attempt, nodeId: node.nodeId });
    await markAssigned(postgres.db, { jobId, attempt, nodeId: node.nodeId });
  };
  beforeEach(() => assign(1));

  it('of a step are one: the same again is fine, another state is refused, and so is an object that is not there', async () => {
    await report(1, 5);
    await report(1, 5, { sizeBytes: 10 });
    await expect(report(1, 5, { stateHash: bytes(9) })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(report(1, 6, { cid: `bafybei${'a'.repeat(52)}` })).rejects.toMatchObject({ code: expect.stringMatching(/NOT_FOUND|INVALID_INPUT/) as string });
    expect(await stored()).toEqual([[1, 5]]);
  });

  it.each(['once it is closed', 'once the next one is open'] as const)('of an attempt are refused %s, as all else that it says', async (when) => {
    await report(1, 5);
    if (when === 'once it is closed') await closeWithOutcome(postgres.db, { jobId, attempt: 1, outcome: 'released' });
    else await assign(2);
    for (const say of [() => report(1, 10), () => report(1, 5), () => progress(1), () => resumeStep(1), () => complete(1)]) await expect(say()).rejects.toMatchObject({ code: 'FENCED' });
    expect(await stored()).toEqual([[1, 5]]);
  });

  it('that arrive while their attempt ends are kept before its end or not at all', async () => {
    const outcomes = await Promise.allSettled([report(1, 5), closeWithOutcome(postgres.db, { jobId, attempt: 1, outcome: 'released' }), report(1, 10)]);
    const kept = [outcomes[0], outcomes[2]].filter((outcome) => outcome?.status === 'fulfilled').length;
    expect((await stored()).length).toBe(kept);
  });

  it('tell the next attempt where to go on from, and that stays on record', async () => {
    expect([await resumeStep(1), await recordedStart(1)]).toEqual([undefined, 0]);
    await report(1, 5);
    await report(1, 10);
    await closeWithOutcome(postgres.db, { jobId, attempt: 1, outcome: 'released' });
    await assign(2);
    expect([await resumeStep(2), await recordedStart(2)]).toEqual([10, 10]);
    expect([await resumeStep(2, 10), await recordedStart(2)]).toEqual([5, 5]);
    await report(2, 15);
    expect([await resumeStep(2), await recordedStart(2)]).toEqual([15, 5]);
    // Where it began is settled with the first checkpoint of its own.
    expect([await resumeStep(2, 1), await recordedStart(2)]).toEqual([undefined, 5]);
  });

  it('tell only an attempt on the same instruction set where to go on from', async () => {
    const began = node;
    await postgres.db.update(jobAttempts).set({ instructionSet: 'avx2' }).where(eq(jobAttempts.jobId, jobId));
    // What it says of itself afterwards changes nothing.
    await postgres.db.update(nodeRows).set({ instructionSet: 'avx512' }).where(eq(nodeRows.id, began.nodeId));
    await report(1, 5);
    await closeWithOutcome(postgres.db, { jobId, attempt: 1, outcome: 'released' });
    const another = async (instructionSet: string): Promise<void> => {
      const own = { ownerId: randomUUID(), machineId: `machine-${randomUUID().slice(0, 8)}` };
      const row = { ...own, ownerAddress: `a ${own.machineId}`, deviceClass: 'cpu', deviceName: 'C', instructionSet, measured: measuredAs('cpu'), state: 'ACTIVE', pricePerHourBase: 1n };
      const { id: nodeId } = await upsertNode(postgres.db, { id: randomUUID(), ...row });
      node = { ...began, nodeId, ...own };
    };
    await another('avx512');
    await assign(2);
    expect([await resumeStep(2), await recordedStart(2)]).toEqual([undefined, 0]);
    await report(2, 7);
    await closeWithOutcome(postgres.db, { jobId, attempt: 2, outcome: 'released' });
    await another('avx2');
    await assign(3);
    expect([await resumeStep(3), await recordedStart(3)]).toEqual([5, 5]);
  });
});
