import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform, type Answer } from '#api/testing/account-platform';
import { forgetOldRequests } from '#db/postgres/idempotent-requests';
import { idempotentRequests } from '#db/postgres/schema';

let platform: AccountPlatform;
let token: string;
let userId: string;
const hardware = { cpus: [{ name: 'Test CPU', cores: 2, threads: 4 }], gpus: [], ram_total_mb: 16_000 };

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
  ({ token, userId } = await signUp());
}, 60_000);
afterAll(() => platform.close());

async function signUp(): Promise<{ token: string; userId: string }> {
  const { json } = await platform.call('POST', '/api/auth/register', { body: newPerson() });
  return { token: json['token'] as string, userId: (json['user'] as { id: string }).id };
}
const post = (path: string, key: string | undefined, body: unknown, as: string | undefined = token): Promise<Answer> =>
  platform.call('POST', path, { token: as, body, headers: key === undefined ? {} : { 'idempotency-key': key } });
const machine = (change = {}) => ({ owner_id: userId, hostname: 'h', os: 'linux', hardware, ...change });
const keyBody = (name: string) => ({ name, scopes: ['read'], expires_in_days: null });
const keysNamed = (name: string): Promise<number> => platform.mongo.apiKeys.countDocuments({ name });
const rows = () => platform.deps.postgres.db.select().from(idempotentRequests).where(sql`scope LIKE ${`user:${userId}%`}`);

describe('a POST that makes something', () => {
  it('says in its description that it takes a key, everyone of them', async () => {
    const paths = (await platform.call('GET', '/api/openapi.json')).json['paths'] as Record<string, { post?: { responses: object; parameters?: { name: string; in: string }[] } }>;
    const creating = Object.entries(paths).filter(([, { post: route }]) => route !== undefined && '201' in route.responses);
    expect(creating.map(([path]) => path)).toEqual(expect.arrayContaining(['/api/auth/register', '/api/api-keys', '/api/datasets', '/api/jobs', '/api/jobs/prepare', '/api/machines/register', '/api/quotes']));
    for (const [path, { post: route }] of creating) {
      expect(route?.parameters, path).toContainEqual(expect.objectContaining({ name: 'idempotency-key', in: 'header' }));
    }
  });

  it('is answered as the first time when it comes again, secret and all, and happens once', async () => {
    const key = randomUUID();
    const name = `k-${key.slice(0, 8)}`;
    const first = await post('/api/api-keys', key, keyBody(name));
    const again = await post('/api/api-keys', key, keyBody(name));
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
    expect([again.status, again.headers.get('idempotency-replayed'), again.headers.get('cache-control')]).toEqual([201, 'true', 'no-store']);
    expect(again.json).toEqual(first.json);
    expect(await keysNamed(name)).toBe(1);
    await post('/api/api-keys', undefined, keyBody(name));
    expect(await keysNamed(name)).toBe(2);
  });

  it('keeps no secret that a reader of the database could use', async () => {
    const secret = ((await post('/api/machines/register', 'machine-1', machine())).json as { api_key: string }).api_key;
    expect(secret).toMatch(/^cyxk_/);
    const kept = await rows();
    expect(kept.some(({ answerWrapped }) => answerWrapped !== null)).toBe(true);
    expect(JSON.stringify(kept)).not.toContain(secret);
    expect(JSON.stringify(kept)).not.toContain('machine-1');
  });

  it('is refused with another body, and on another path', async () => {
    const key = randomUUID();
    await post('/api/machines/register', key, machine());
    const problem = { code: 'ALREADY_EXISTS', errors: [{ path: 'Idempotency-Key' }] };
    expect(await post('/api/machines/register', key, machine({ hostname: 'other' }))).toMatchObject({ status: 409, json: problem });
    expect(await post('/api/api-keys', key, keyBody('x'))).toMatchObject({ status: 409, json: problem });
  });

  it('happens once although ten come at the same time', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('/api/machines/register', key, machine({ hostname: `at-once-${key}` }))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ json }) => json['api_key'])).size).toBe(1);
    expect(await platform.mongo.machines.countDocuments({ hostname: `at-once-${key}` })).toBe(1);
  });

  it('may be tried again with the same key where it was refused', async () => {
    const key = randomUUID();
    expect((await post('/api/machines/register', key, machine({ owner_id: randomUUID() }))).status).toBe(403);
    expect((await post('/api/machines/register', key, machine())).status).toBe(201);
  });

  it('with a key that is none is told so', async () => {
    for (const key of ['', 'x'.repeat(201), 'é']) expect(await post('/api/machines/register', key, machine())).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT' } });
  });
});

describe('a key', () => {
  it('is its owner’s alone', async () => {
    const key = randomUUID();
    const mine = await post('/api/machines/register', key, machine());
    const other = await signUp();
    const theirs = await post('/api/machines/register', key, machine({ owner_id: other.userId }), other.token);
    expect(theirs.status).toBe(201);
    expect(theirs.json['machine_id']).not.toBe(mine.json['machine_id']);
    expect((await post('/api/machines/register', key, machine(), 'no token')).status).toBe(401);
  });

  it('gives a program with fewer rights nothing of what its owner was answered', async () => {
    const key = randomUUID();
    await post('/api/api-keys', key, keyBody('full'));
    const weak = (await post('/api/api-keys', undefined, keyBody('weak'))).json['api_key'];
    const login = await platform.call('POST', '/api/auth/login', { body: { api_key: weak } });
    expect(await post('/api/api-keys', key, keyBody('full'), login.json['token'] as string)).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
  });

  it('makes one account of a registration that came twice', async () => {
    const person = newPerson();
    const key = randomUUID();
    const register = () => platform.call('POST', '/api/auth/register', { body: person, headers: { 'idempotency-key': key } });
    const [first, again] = [await register(), await register()];
    expect([first.status, again.status, again.json]).toEqual([201, 201, first.json]);
    expect((await platform.call('POST', '/api/auth/register', { body: person })).status).toBe(409);
  });

  it('is the request id of a job that names none', async () => {
    const body = { quote_id: randomUUID(), budget_base: '1', specification: { graph_json: '{}', dataset_cid: `bafybei${'a'.repeat(52)}`, hyper_parameters: { epochs: 1, batch_size: 1, learning_rate: 0.1 }, device_class: 'cpu', deadline_ms: 60_000 } };
    const none = await post('/api/jobs', undefined, body);
    expect(none).toMatchObject({ status: 422, json: { errors: [{ path: 'request_id' }] } });
    // It comes as far as what is asked for.
    expect(JSON.stringify((await post('/api/jobs', randomUUID(), body)).json)).not.toContain('request_id');
  });

  it('is free again after a day, and where the first run died', async () => {
    const { db } = platform.deps.postgres;
    const key = randomUUID();
    const mine = sql`claimed_at = (SELECT max(claimed_at) FROM idempotent_requests)`;
    const first = await post('/api/machines/register', key, machine());
    await db.update(idempotentRequests).set({ claimedAt: sql`now() - interval '25 hours'` }).where(mine);
    const second = await post('/api/machines/register', key, machine());
    expect(second.json['machine_id']).not.toBe(first.json['machine_id']);
    await db.update(idempotentRequests).set({ claimedAt: sql`now() - interval '2 minutes'`, answerWrapped: null }).where(mine);
    const third = await post('/api/machines/register', key, machine());
    expect(third.json['machine_id']).not.toBe(second.json['machine_id']);

    await db.update(idempotentRequests).set({ claimedAt: sql`now() - interval '25 hours'` }).where(mine);
    const [old] = await db.select().from(idempotentRequests).where(sql`claimed_at < now() - interval '24 hours'`);
    await forgetOldRequests(db);
    expect(await db.select().from(idempotentRequests).where(eq(idempotentRequests.keyHash, old!.keyHash))).toEqual([]);
  });
});
