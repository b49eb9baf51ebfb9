import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import type { JobState } from '#core/job/machine';
import { findAttempt, markAssigned, markStarted, openAttempt, recordClaim, recordCompletion } from './attempts.ts';
import { closeWithOutcome } from './outcomes.ts';
import { connectPostgres, migrate, type Postgres } from './connect.ts';
import type { Database } from './database.ts';
import { storedBytesOf, upsertDataset } from './datasets.ts';
import { appendJobEvent, readJobEvents } from './events.ts';
import { applyJobTransition, insertJob, listJobs, requireJob } from './jobs.ts';
import type { Position } from './keyset.ts';
import { ledgerBalances, recordTransfer, transfersOfJob } from './ledger.ts';
import { createJobEventListener } from './listen.ts';
import { recordNodeHeartbeat, upsertNode } from './nodes.ts';

let postgres: Postgres;
let db: Database;
let url: string;
let jobId: string;
const userId = randomUUID();

beforeAll(async () => {
  url = parseConfig(inject('stackEnv')).databaseUrl;
  postgres = connectPostgres({ url, onError: () => undefined });
  db = postgres.db;
  // Several processes come up at once; each brings the database up to date.
  await Promise.all([migrate(postgres), migrate(postgres), migrate(postgres)]);
});
afterAll(() => postgres.close());

async function newJob(): Promise<string> {
  const id = randomUUID();
  await insertJob(db, {
    id,
    userId,
    requestId: id,
    workflowId: `job-${id}`,
    graphJson: '{}',
    datasetCid: 'bafy',
    hyperParameters: {},
    deviceClass: 'cpu',
    deadlineMs: 60_000,
    quoteId: randomUUID(),
    specificationHash: 'h',
    amountBase: 2n ** 64n - 1n,
    pricePerHourBase: 1n,
    requesterAddress: 'addr',
    modelKeyWrapped: 'v1.x',
    deadlineAt: new Date(Date.now() + 60_000),
  });
  return id;
}
beforeEach(async () => {
  jobId = await newJob();
});

describe('insertJob', () => {
  const row = (user: string, id = randomUUID()) => ({
    ...{ id, userId: user, requestId: id, workflowId: `job-${id}`, graphJson: '{}', datasetCid: 'bafy', hyperParameters: {}, deviceClass: 'cpu', deadlineMs: 60_000 },
    ...{ quoteId: randomUUID(), specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n, requesterAddress: 'addr', modelKeyWrapped: 'v1.x', deadlineAt: new Date() },
  });

  it('gives a user so many open jobs and no more, however many ask at once', async () => {
    const user = randomUUID();
    const results = await Promise.all(Array.from({ length: 12 }, () => insertJob(db, row(user), 5)));
    expect(results.filter((result) => result === 'created')).toHaveLength(5);
    expect(results.filter((result) => result === 'full')).toHaveLength(7);
    expect(await insertJob(db, row(randomUUID()), 5)).toBe('created');
    const [ended] = await listJobs(db, { userId: user, limit: 1 });
    await applyJobTransition(db, { jobId: ended!.id, event: 'fail', transitionKey: 'end' });
    expect(await insertJob(db, row(user), 5)).toBe('created');
    expect(await insertJob(db, row(user), 5)).toBe('full');
  });

  it('knows a job that is there', async () => {
    const one = row(randomUUID());
    expect([await insertJob(db, one, 5), await insertJob(db, one, 5)]).toEqual(['created', 'known']);
  });
});

describe('listJobs', () => {
  const user = randomUUID();
  const cid = (letter: string): string => `bafy${letter.repeat(55)}`;
  const ids: string[] = [];
  beforeAll(async () => {
    const dataset = { ...{ ownerId: user, samples: 1, sizeBytes: 1, sampleShape: [1], classes: 2, keyWrapped: 'v1.x' }, ...{ heldOutCid: 'h', heldOutSamples: 1, heldOutKeyWrapped: 'v1.x' } };
    await upsertDataset(db, { ...dataset, cid: cid('a'), name: 'Handwritten 100% digits' });
    await upsertDataset(db, { ...dataset, cid: cid('b'), name: 'Iris_flowers' });
    // The same data under another owner's name: that name finds nothing here.
    await upsertDataset(db, { ...dataset, ownerId: randomUUID(), cid: cid('a'), name: 'somebody else’s name' });
    for (const [datasetCid, deviceClass] of [[cid('a'), 'cpu'], [cid('b'), 'cpu'], [cid('a'), 'cuda.24g']] as const) {
      const id = randomUUID();
      ids.push(id);
      const facts = { id, userId: user, requestId: id, workflowId: `job-${id}`, graphJson: '{}', datasetCid, hyperParameters: {}, deviceClass, deadlineMs: 60_000 };
      await insertJob(db, { ...facts, quoteId: randomUUID(), specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n, requesterAddress: 'addr', modelKeyWrapped: 'v1.x', deadlineAt: new Date() });
    }
  });
  const found = async (search: string, more: { after?: Position; state?: JobState } = {}): Promise<number[]> => (await listJobs(db, { userId: user, search, limit: 10, ...more })).map(({ id }) => ids.indexOf(id)).sort();

  it('finds by the beginning of the id, by the dataset’s name or CID, and by the device class', async () => {
    expect(await found('')).toEqual([0, 1, 2]);
    expect(await found(ids[1]!.slice(0, 13))).toEqual([1]);
    expect(await found(ids[1]!.toUpperCase())).toEqual([1]);
    expect(await found('WRITTEN')).toEqual([0, 2]);
    expect(await found(cid('b').slice(0, 12))).toEqual([1]);
    expect(await found('cuda.2')).toEqual([2]);
    expect(await found('somebody')).toEqual([]);
  });

  it('takes what LIKE and SQL would read as theirs word for word', async () => {
    expect(await found('100%')).toEqual([0, 2]);
    expect(await found('%')).toEqual([0, 2]);
    expect(await found('_')).toEqual([1]);
    expect(await found('\\')).toEqual([]);
    expect(await found("' OR '1'='1")).toEqual([]);
  });

  it('goes on page by page, together with the state', async () => {
    const [newest] = await listJobs(db, { userId: user, search: 'digits', limit: 1 });
    expect(ids.indexOf(newest!.id)).toBe(2);
    expect(await found('digits', { after: { at: newest!.createdAt, id: newest!.id } })).toEqual([0]);
    await applyJobTransition(db, { jobId: ids[0]!, event: 'fail', transitionKey: 'end' });
    expect(await found('digits', { state: 'FAILED' })).toEqual([0]);
    expect(await found('iris', { state: 'FAILED' })).toEqual([]);
  });
});

describe('upsertDataset', () => {
  it('keeps what an owner stores within the limit, counted once, however many ask at once', async () => {
    const owner = randomUUID();
    const dataset = (cid: string) => ({
      ...{ ownerId: owner, cid, name: cid, samples: 1, sizeBytes: 90, storedBytes: 100, sampleShape: [1], classes: 2, keyWrapped: 'v1.x' },
      ...{ heldOutCid: `${cid}-h`, heldOutSamples: 1, heldOutKeyWrapped: 'v1.x' },
    });
    const results = await Promise.all(Array.from({ length: 8 }, (_, index) => upsertDataset(db, dataset(`c${index}`), 350)));
    const kept = results.filter((stored) => stored !== null);
    expect([kept.length, await storedBytesOf(db, owner)]).toEqual([3, 300]);
    expect(await upsertDataset(db, { ...dataset(kept[0]!.cid), name: 'renamed' }, 350)).toMatchObject({ name: 'renamed' });
    expect(await storedBytesOf(db, owner)).toBe(300);
  });
});

describe('applyJobTransition', () => {
  it('moves the job, raises its version and tells the story, once for each key', async () => {
    const moved = await applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'submit:0' });
    expect(moved).toMatchObject({ state: 'QUEUED', version: 1, amountBase: 2n ** 64n - 1n });
    const again = await applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'submit:0', patch: { nodeId: randomUUID() } });
    expect(again).toMatchObject({ state: 'QUEUED', version: 1, nodeId: null });
    const states = await readJobEvents(db, { jobId, afterId: 0n, limit: 10, kind: 'state' });
    expect(states.map((event) => event.payload)).toEqual([{ state: 'CREATED' }, { state: 'QUEUED' }]);
  });

  it('lets one of many racing calls through', async () => {
    const calls = Array.from({ length: 8 }, () => applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'submit:0' }));
    expect((await Promise.all(calls)).map((row) => row.version)).toEqual(Array(8).fill(1));
  });

  it('refuses an illegal event, a stale version and an unknown job, and changes nothing then', async () => {
    await expect(applyJobTransition(db, { jobId, event: 'complete', transitionKey: 'x' })).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await expect(applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'x', expectedVersion: 3 })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(applyJobTransition(db, { jobId: randomUUID(), event: 'submit', transitionKey: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await requireJob(db, jobId)).toMatchObject({ state: 'CREATED', version: 0 });
  });

  it('ends a job with its time, waiting for nothing', async () => {
    const ended = await applyJobTransition(db, { jobId, event: 'cancel', transitionKey: 'cancel', patch: { endReason: 'CANCELLED_BY_USER', waitingFor: 'a node' } });
    expect(ended).toMatchObject({ state: 'CANCELLED', endReason: 'CANCELLED_BY_USER', waitingFor: '' });
    expect(ended.endedAt).toBeInstanceOf(Date);
  });
});

describe('job events', () => {
  it('are never seen out of order, however writers overlap', async () => {
    let lastId = 0n;
    let seen = 0;
    let writing = true;
    const reader = (async () => {
      while (writing || seen < 120) {
        for (const event of await readJobEvents(db, { jobId, afterId: lastId, limit: 1000, kind: 'log' })) {
          lastId = event.id;
          seen += 1;
        }
      }
    })();
    const write = (writer: number) => async () => {
      for (let n = 0; n < 20; n += 1) {
        await db.transaction(async (tx) => {
          await appendJobEvent(tx, { jobId, kind: 'log', payload: { line: `${writer}/${n}` }, dedupeKey: `${writer}/${n}` });
          await tx.execute(sql`SELECT pg_sleep(random() * 0.005)`);
        });
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map((writer) => write(writer)()));
    writing = false;
    await reader;
    expect(seen).toBe(120);
  }, 30_000);

  it('are written once for each key, and only ever added to', async () => {
    const event = { jobId, kind: 'log', payload: { line: 'hello' }, dedupeKey: 'k' } as const;
    expect([await appendJobEvent(db, event), await appendJobEvent(db, event)]).toEqual([true, false]);
    await expect(db.execute(sql`DELETE FROM job_events WHERE job_id = ${jobId}`)).rejects.toThrow();
  });

  it('are announced, also after the listening connection was cut', async () => {
    const listener = createJobEventListener({ url, onError: () => undefined });
    let news = 0;
    const unsubscribe = listener.subscribe(jobId, () => (news += 1));
    const write = async (key: string): Promise<void> => {
      const before = news;
      await appendJobEvent(db, { jobId, kind: 'log', payload: { line: key }, dedupeKey: key });
      await expect.poll(() => news, { timeout: 10_000 }).toBeGreaterThan(before);
    };
    await expect.poll(async () => listening(), { timeout: 10_000 }).toBe(1);
    await write('one');
    await db.execute(sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN job_events'`);
    await expect.poll(async () => listening(), { timeout: 10_000 }).toBe(1);
    await write('two');
    unsubscribe();
    await listener.close();
  }, 40_000);

  async function listening(): Promise<number> {
    const { rows } = await db.execute(sql`SELECT count(*)::int AS n FROM pg_stat_activity WHERE query = 'LISTEN job_events' AND state = 'idle'`);
    return Number(rows[0]!.n);
  }
});

describe('the ledger', () => {
  const transfer = (change = {}) => ({
    transferKey: `${jobId}/escrow-lock/0`,
    from: `wallet:${jobId}`,
    to: `escrow:${jobId}`,
    currency: 'CYXWIZ' as const,
    amountBase: 50n,
    purpose: 'escrow-lock',
    signature: 'sig',
    jobId,
    ...change,
  });

  it('books two rows that add up to zero, once', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => recordTransfer(db, transfer())));
    expect(results.filter(Boolean)).toHaveLength(1);
    const balances = await ledgerBalances(db);
    expect([balances.get(`wallet:${jobId}`), balances.get(`escrow:${jobId}`)]).toEqual([-50n, 50n]);
    expect(await transfersOfJob(db, jobId)).toMatchObject([{ account: `escrow:${jobId}`, amountBase: 50n }]);
    expect(await readJobEvents(db, { jobId, afterId: 0n, limit: 10, kind: 'transfer' })).toHaveLength(1);
  });

  it('refuses other facts under the same key, and skips zero', async () => {
    await recordTransfer(db, transfer());
    for (const change of [{ amountBase: 51n }, { to: 'platform' }, { from: 'mint' }]) {
      await expect(recordTransfer(db, transfer(change))).rejects.toMatchObject({ code: 'CONFLICT' });
    }
    expect(await recordTransfer(db, transfer({ transferKey: `${jobId}/none/0`, amountBase: 0n }))).toBe(false);
    await expect(recordTransfer(db, transfer({ amountBase: -1n }))).rejects.toThrow(RangeError);
  });

  it('is protected by the database itself', async () => {
    const half = sql`INSERT INTO ledger_entries (transfer_key, account, counter_account, currency, amount_base, purpose, signature)
      VALUES (${randomUUID()}, 'a', 'b', 'CYXWIZ', 5, 'x', 's')`;
    await expect(db.execute(half)).rejects.toThrow();
    await recordTransfer(db, transfer());
    await expect(db.execute(sql`UPDATE ledger_entries SET amount_base = 1 WHERE job_id = ${jobId}`)).rejects.toThrow();
    await expect(db.execute(sql`DELETE FROM ledger_entries WHERE job_id = ${jobId}`)).rejects.toThrow();
  });
});

describe('attempts', () => {
  const nodeId = randomUUID();
  const completion = {
    modelCid: 'bafymodel',
    modelSizeBytes: 10,
    commitment: new Uint8Array(32).fill(7),
    finalLoss: 0.1,
    finalAccuracy: 0.97,
    trainingMs: 1234,
  };

  it('go to one of many racing nodes', async () => {
    await openAttempt(db, { jobId, attempt: 1 });
    const claims = await Promise.all(Array.from({ length: 6 }, () => recordClaim(db, { jobId, attempt: 1, nodeId: randomUUID() })));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await requireJob(db, jobId)).toMatchObject({ attempt: 1 });
  });

  it('carry a result once, while they are assigned and open', async () => {
    const key = { jobId, attempt: 1 };
    await openAttempt(db, key);
    await expect(recordCompletion(db, { ...key, nodeId }, completion)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await recordClaim(db, { ...key, nodeId })).toBe(true);
    expect(await recordClaim(db, { ...key, nodeId })).toBe(true);
    await expect(markAssigned(db, { ...key, nodeId: randomUUID() })).rejects.toMatchObject({ code: 'FENCED' });
    await markAssigned(db, { ...key, nodeId });
    expect([await markStarted(db, key), await markStarted(db, key)]).toEqual([true, false]);
    await recordCompletion(db, { ...key, nodeId }, completion);
    await recordCompletion(db, { ...key, nodeId }, completion);
    await expect(recordCompletion(db, { ...key, nodeId }, { ...completion, trainingMs: 1 })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await closeWithOutcome(db, { ...key, outcome: 'completed' });
    await closeWithOutcome(db, { ...key, outcome: 'invalid', reason: 'too late to say so' });
    expect(await findAttempt(db, key)).toMatchObject({ outcome: 'completed', outcomeReason: null });
    expect(await recordClaim(db, { ...key, nodeId })).toBe(false);
  });
});

describe('nodes', () => {
  it('are one for each machine and device, and come back from silence as what they were', async () => {
    const machineId = randomUUID();
    const row = () => ({
      id: randomUUID(),
      ownerId: 'o',
      machineId,
      ownerAddress: 'a',
      deviceClass: 'cpu',
      deviceName: 'CPU',
      state: 'UNREGISTERED',
      pricePerHourBase: 5n,
    });
    const [first, second] = await Promise.all([upsertNode(db, row()), upsertNode(db, row())]);
    expect(first.id).toBe(second.id);
    await expect(upsertNode(db, { ...row(), ownerId: 'thief' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { id } = first;
    expect(await recordNodeHeartbeat(db, id)).toMatchObject({ state: 'UNREGISTERED' });
    await db.execute(sql`UPDATE nodes SET state = 'OFFLINE' WHERE id = ${id}`);
    expect(await recordNodeHeartbeat(db, id)).toMatchObject({ state: 'ACTIVE' });
    await openAttempt(db, { jobId, attempt: 1 });
    await recordClaim(db, { jobId, attempt: 1, nodeId: id });
    await markAssigned(db, { jobId, attempt: 1, nodeId: id });
    await db.execute(sql`UPDATE nodes SET state = 'OFFLINE' WHERE id = ${id}`);
    expect(await recordNodeHeartbeat(db, id)).toMatchObject({ state: 'BUSY' });
  });
});

it('lists jobs page by page without a gap or a repeat, even where times are equal', async () => {
  const ids = await Promise.all(Array.from({ length: 7 }, newJob));
  await db.execute(sql`UPDATE jobs SET user_id = 'lister', created_at = '2026-01-01T00:00:00.000123Z' WHERE id IN (${sql.join(ids.map((id) => sql`${id}`), sql`, `)})`);
  const seen: string[] = [];
  let after: { at: Date; id: string } | undefined;
  for (;;) {
    const page = await listJobs(db, { userId: 'lister', after, limit: 3 });
    seen.push(...page.map((job) => job.id));
    const last = page.at(-1);
    after = last && { at: last.createdAt, id: last.id };
    if (page.length < 3) break;
  }
  expect([...seen].sort()).toEqual([...ids].sort());
});
