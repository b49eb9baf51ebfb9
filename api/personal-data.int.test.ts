import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parseConfig, type Config } from '#core/config/config';
import { connectMongo, type Mongo } from '#db/mongo/connect';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { applyJobTransition, insertJob } from '#db/postgres/jobs';
import { datasets, idempotentRequests, jobs, ledgerEntries } from '#db/postgres/schema';
import { findWallet } from '#db/postgres/wallets';
import { startStack, type Stack } from '#scripts/stack/start-stack';
import { createCyxWizClient, type CyxWizClient } from './client/node.ts';

const password = 'a good password';
const hardware = { cpus: [{ name: 'Test CPU', cores: 2, threads: 4 }], gpus: [], ram_total_mb: 16_000 };

let home: string;
let stack: Stack;
let config: Config;
let postgres: Postgres;
let mongo: Mongo;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'cyxwiz-personal-'));
  stack = await startStack({ config: parseConfig({ ...inject('stackEnv'), CYXWIZ_HOME: home }), log: () => undefined, only: ['api', 'platform'] });
  config = stack.config;
  postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
  mongo = await connectMongo({ uri: config.mongodbUri });
}, 120_000);
afterAll(async () => {
  await postgres?.close();
  await mongo?.close();
  await stack?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function http(method: string, path: string, { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> } = {}) {
  const response = await fetch(config.publicUrls.web + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown> };
}

interface Person {
  readonly client: CyxWizClient;
  readonly id: string;
  readonly token: string;
  readonly username: string;
  readonly apiKey: string;
  readonly machineKey: string;
  readonly datasetCid: string;
}

/** Somebody with one of everything. */
async function somebody(): Promise<Person> {
  const username = `gone-${randomUUID().slice(0, 8)}`;
  const client = createCyxWizClient({ httpUrl: config.publicUrls.web, grpcUrl: config.publicUrls.grpc, storageUrl: config.storageUrl });
  const { user, token } = await client.auth.register({ email: `${username}@example.com`, username, password });
  await vi.waitFor(async () => expect((await client.wallet())?.balanceBase ?? 0n).toBeGreaterThan(0n), { timeout: 60_000, interval: 300 });
  // On chain first, in the books a moment later.
  await vi.waitFor(async () => expect((await http('GET', '/api/wallet/transfers', { token })).json['transfers']).toHaveLength(1), { timeout: 30_000, interval: 300 });
  const key = { token, headers: { 'idempotency-key': randomUUID() } };
  const apiKey = (await http('POST', '/api/api-keys', { ...key, body: { name: 'my program', scopes: ['read'], expires_in_days: null } })).json['api_key'] as string;
  const machine = await http('POST', '/api/machines/register', { token, body: { owner_id: user.id, hostname: 'my-desk', os: 'linux', hardware } });
  const meta = { name: 'my diary', samples: 8_000, heldOutSamples: 2_000, sampleShape: [28, 28, 1], classes: 10 };
  const { cid } = await client.data.put({ train: new Uint8Array(4_000).fill(1), heldOut: new Uint8Array(400).fill(2), meta });
  return { client, id: user.id, token, username, apiKey, machineKey: machine.json['api_key'] as string, datasetCid: cid };
}

/** All the mail that the platform has kept, as one text. */
function keptMail(): string {
  const folder = join(config.home, 'outbox');
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')).join('');
}

async function openJob({ id: userId, datasetCid }: Person): Promise<string> {
  const id = randomUUID();
  const facts = { workflowId: `job-${id}`, graphJson: '{}', datasetCid, hyperParameters: {}, deviceClass: 'cpu', deadlineMs: 600_000, deadlineAt: new Date(Date.now() + 600_000) };
  const rest = { quoteId: randomUUID(), specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n, modelKeyWrapped: 'v1.model', requesterAddress: (await findWallet(postgres.db, userId))!.address };
  await insertJob(postgres.db, { id, userId, requestId: id, ...facts, ...rest });
  return id;
}

describe('what is stored about a person', () => {
  it('is theirs to take along, all of it and nothing secret', async () => {
    const person = await somebody();
    const jobId = await openJob(person);
    const { status, headers, text, json } = await http('GET', `/api/users/${person.id}/export`, { token: person.token });
    expect([status, headers.get('content-disposition'), headers.get('cache-control')]).toEqual([200, 'attachment; filename="cyxwiz-account.json"', 'private, no-store']);
    expect(json).toMatchObject({
      account: { username: person.username, email: `${person.username}@example.com` },
      apiKeys: expect.arrayContaining([expect.objectContaining({ name: 'my program' })]),
      machines: [{ hostname: 'my-desk' }],
      computeUnits: [{ deviceName: 'Test CPU' }],
      wallet: { kind: 'managed' },
      datasets: [{ cid: person.datasetCid, name: 'my diary' }],
      jobs: [{ id: jobId, amountBase: '1' }],
      transfers: [{ purpose: 'welcome-credit', amountBase: '1000000000000' }],
    });
    const user = await mongo.users.findOne({ _id: person.id });
    const wallet = await findWallet(postgres.db, person.id);
    const [dataset] = await postgres.db.select().from(datasets).where(eq(datasets.ownerId, person.id));
    const keys = await mongo.apiKeys.find({ ownerId: person.id }).toArray();
    const secrets = [user!.passwordHash!, wallet!.secretWrapped!, dataset!.keyWrapped, dataset!.heldOutKeyWrapped, 'v1.model', person.apiKey, person.machineKey, ...keys.map(({ _id }) => _id)];
    for (const secret of secrets) expect(text).not.toContain(secret);
    person.client.close();
  }, 120_000);
});

describe('an account', () => {
  it('is not deleted by a wrong password or name, an API key, or while a job is open', async () => {
    const person = await somebody();
    const path = `/api/users/${person.id}/deletion`;
    const ask = (body: object, token = person.token) => http('POST', path, { token, body });
    expect(await ask({ username: person.username, password: 'wrong' })).toMatchObject({ status: 401, json: { code: 'BAD_CREDENTIALS' } });
    expect(await ask({ username: 'somebody', password })).toMatchObject({ status: 422, json: { errors: [{ path: 'username' }] } });
    const program = (await http('POST', '/api/auth/login', { body: { api_key: person.apiKey } })).json['token'] as string;
    expect(await ask({ username: person.username, password }, program)).toMatchObject({ status: 403 });
    expect((await http('GET', `/api/users/${person.id}/export`, { token: program })).status).toBe(403);

    const jobId = await openJob(person);
    expect(await ask({ username: person.username, password })).toMatchObject({ status: 409, json: { code: 'STATE_CONFLICT', detail: expect.stringContaining('not ended') } });
    const plan = await http('GET', path, { token: person.token });
    expect(plan.json).toEqual({
      blockers: [expect.stringContaining('not ended')],
      lost: { datasets: 1, models: 0, machines: 1, api_keys: 1, wallet: { address: expect.any(String), balance_base: '1000000000000' } },
    });
    await applyJobTransition(postgres.db, { jobId, event: 'cancel', transitionKey: 'test:cancel' });
    expect((await http('GET', path, { token: person.token })).json['blockers']).toEqual([]);
    person.client.close();
  }, 120_000);

  it('goes for good: nobody gets in, its keys are destroyed, and the books keep an id without a name', async () => {
    const person = await somebody();
    const bystander = `stays-${randomUUID().slice(0, 8)}`;
    await http('POST', '/api/auth/register', { body: { email: `${bystander}@example.com`, username: bystander, password } });
    for (const name of [person.username, bystander]) await expect.poll(keptMail, { timeout: 10_000 }).toContain(`"to": "${name}@example.com"`);
    const { address } = (await findWallet(postgres.db, person.id))!;
    const jobId = await openJob(person);
    await applyJobTransition(postgres.db, { jobId, event: 'cancel', transitionKey: 'test:cancel' });
    const { db } = postgres;
    const transfers = () => db.select().from(ledgerEntries).where(eq(ledgerEntries.account, `wallet:${address}`));
    const before = await transfers();
    expect(before.length).toBeGreaterThan(0);

    const asked = await http('POST', `/api/users/${person.id}/deletion`, { token: person.token, body: { username: person.username.toUpperCase(), password } });
    expect(asked).toMatchObject({ status: 202, json: { workflow_id: `delete-${person.id}` } });
    // Closed at once, long before it is gone.
    await expect.poll(async () => (await http('GET', '/api/auth/me', { token: person.token })).status, { timeout: 10_000 }).toBe(401);
    const login = (body: object) => http('POST', '/api/auth/login', { body });
    expect(await login({ login: person.username, password })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect((await login({ api_key: person.apiKey })).status).toBe(401);
    expect((await http('POST', '/api/machines/any/heartbeat', { token: person.machineKey })).status).toBe(401);

    await expect.poll(async () => (await mongo.users.findOne({ _id: person.id }))?.username, { timeout: 90_000, interval: 1_000 }).toBe(`deleted-${person.id}`);
    const left = JSON.stringify([await mongo.users.findOne({ _id: person.id }), await mongo.machines.find({ ownerId: person.id }).toArray(), await mongo.computeUnits.find({ ownerId: person.id }).toArray()]);
    for (const word of [person.username, 'example.com', 'my-desk', 'argon2']) expect(left).not.toContain(word);
    expect(await mongo.sessions.countDocuments({ user_id: person.id })).toBe(0);
    expect(keptMail()).not.toContain(person.username);
    expect(keptMail()).toContain(`"to": "${bystander}@example.com"`);
    expect(await db.select().from(datasets).where(eq(datasets.ownerId, person.id))).toEqual([]);
    expect(await db.select().from(idempotentRequests).where(sql`scope LIKE ${`user:${person.id}%`}`)).toEqual([]);
    expect(await findWallet(db, person.id)).toMatchObject({ address, secretWrapped: null });
    const [job] = await db.select().from(jobs).where(eq(jobs.id, jobId));
    expect(job).toMatchObject({ state: 'CANCELLED', modelKeyWrapped: '' });
    expect(await transfers()).toEqual(before);

    expect((await login({ login: person.username, password })).status).toBe(401);
    expect((await http('GET', '/api/auth/me', { token: person.token })).status).toBe(401);
    // The name and the address are free again.
    const again = await http('POST', '/api/auth/register', { body: { email: `${person.username}@example.com`, username: person.username, password } });
    expect(again.status).toBe(201);
    person.client.close();
  }, 180_000);
});
