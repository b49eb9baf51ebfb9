import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createPasswords } from '#api/auth/passwords';
import { createBrowserSessions } from '#api/auth/session';
import { createTokens, type Tokens } from '#api/auth/tokens';
import { createCyxWizClient, type CyxWizClient, type Login } from '#api/client/node';
import { createChainReader } from '#api/services/chain-reader';
import { createObjectDirectory } from '#api/services/objects';
import { encodePageToken } from '#api/services/page-token';
import { createServices } from '#api/services/services';
import type { Services } from '#api/services/types';
import { CHALLENGE_SIZES } from '#core/hardware/challenge/task';
import { parseConfig, type Config } from '#core/config/config';
import { encryptedLength } from '#cyxcloud/client/object-header';
import { connectMongo } from '#db/mongo/connect';
import { connectPostgres, migrate } from '#db/postgres/connect';
import { insertJob } from '#db/postgres/jobs';
import { insertWallet } from '#db/postgres/wallets';
import { createJobEventListener } from '#db/postgres/listen';
import { createLocalKms } from '#db/secrets/kms';
import { createTemporalClient } from '#temporal/client/connect';
import { createHttpApp } from './app.ts';
import { startHttpServer, type HttpServer } from './server.ts';

const NUL = '\u0000';
const MISSING_CID = 'bafybeibyqyrkx66boqbutl5oktknecxgnl43cipcls3knonfmi727rdtnu';
const password = 'a good password';

let config: Config;
let server: HttpServer;
let services: Services;
let tokens: Tokens;
let client: CyxWizClient;
let login: Login;
let jobId: string;
const failures: object[] = [];
const closers: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  config = parseConfig(inject('stackEnv'));
  const onError = (): void => undefined;
  const postgres = connectPostgres({ url: config.databaseUrl, onError });
  await migrate(postgres);
  const mongo = await connectMongo({ uri: config.mongodbUri });
  const temporal = await createTemporalClient(config.temporal);
  tokens = await createTokens(JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK);
  const jobEvents = createJobEventListener({ url: config.databaseUrl, onError });
  services = createServices({
    postgres,
    mongo,
    temporal,
    tokens,
    jobEvents,
    sessions: createBrowserSessions(mongo, { secure: false }),
    passwords: createPasswords(),
    kms: createLocalKms(new Uint8Array(32)),
    chain: createChainReader({ rpcUrl: config.solanaRpcUrl }),
    oauth: {},
    mail: { mailer: { send: async () => undefined }, outbox: null, onFailure: () => undefined },
    site: { publicUrl: config.publicUrls.web, chainId: config.solanaChainId, givesWelcomeCredit: config.embedded.solana },
    storageUrl: config.storageUrl,
    challengeSizes: CHALLENGE_SIZES,
  });
  const log = { info: () => undefined, warn: () => undefined, error: (fields: object) => void failures.push(fields) };
  server = await startHttpServer({ app: createHttpApp(services, { log }), host: '127.0.0.1', port: 0 });
  closers.push(() => jobEvents.close(), () => temporal.connection.close(), () => mongo.close(), () => postgres.close());
  client = createCyxWizClient({ httpUrl: `http://127.0.0.1:${server.port}`, grpcUrl: config.publicUrls.grpc, storageUrl: config.storageUrl });
  login = await client.auth.register(person());
  const userId = login.user.id;
  await insertWallet(postgres.db, { userId, address: `wallet-${userId}`, kind: 'linked', secretWrapped: null });
  jobId = randomUUID();
  await insertJob(postgres.db, jobRow(userId));
}, 120_000);

afterAll(async () => {
  client?.close();
  await server?.close();
  for (const close of closers) await close();
});

function person() {
  const username = `h${randomUUID().slice(0, 8)}`;
  return { email: `${username}@example.com`, username, password };
}

function jobRow(userId: string) {
  return {
    id: jobId,
    userId,
    requestId: jobId,
    workflowId: `job-${jobId}`,
    graphJson: '{}',
    datasetCid: MISSING_CID,
    hyperParameters: {},
    deviceClass: 'cpu',
    deadlineMs: 60_000,
    deadlineAt: new Date(),
    specificationHash: 'hash',
    requesterAddress: 'address',
    quoteId: randomUUID(),
    amountBase: 1n,
    pricePerHourBase: 1n,
    modelKeyWrapped: 'wrapped',
  };
}

async function http(method: string, path: string, body?: unknown, token: string | undefined = login.token) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, code: json['code'], json, text, headers: response.headers };
}

describe('what a caller made up is told so', () => {
  const scopes = (userId: string) => ({ jobs: `jobs/${userId}/`, transfers: `transfers/${userId}` });

  it('page tokens', async () => {
    const { jobs, transfers } = scopes(login.user.id);
    const made: readonly (readonly [string, string, readonly string[]])[] = [
      ['/api/jobs', jobs, ['yesterday', jobId]],
      ['/api/jobs', jobs, ['2026-01-01T00:00:00.000Z', 'no uuid']],
      ['/api/jobs', jobs, ['2026-01-01T00:00:00.000Z']],
      ['/api/wallet/transfers', transfers, ['ten']],
      ['/api/wallet/transfers', transfers, ['-1']],
      ['/api/wallet/transfers', transfers, ['9999999999999999999']],
      ['/api/datasets', `datasets/${login.user.id}`, ['2026-01-01T00:00:00.000Z', `b${NUL}`]],
      ['/api/models', `models/${login.user.id}`, ['2026-01-01T00:00:00.000Z', 'no uuid']],
      ['/api/models', jobs, ['2026-01-01T00:00:00.000Z', jobId]],
      ['/api/nodes', 'nodes', ['2026-01-01T00:00:00.000Z', 'no uuid']],
    ];
    for (const [path, scope, position] of made) {
      expect(await http('GET', `${path}?page_token=${encodePageToken(scope, position)}`), position.join()).toMatchObject({ status: 422, code: 'UNPROCESSABLE' });
    }
    expect((await http('GET', `/api/jobs?page_token=${encodePageToken(jobs, ['2026-01-01T00:00:00.000Z', jobId])}`)).status).toBe(200);
    expect((await http('GET', `/api/wallet/transfers?page_token=${encodePageToken(transfers, ['12'])}`)).status).toBe(200);
  });

  it('searches', async () => {
    for (const q of ['x'.repeat(101), 'a%00b']) expect(await http('GET', `/api/jobs?q=${q}`), q.slice(0, 5)).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    for (const q of ["%27%20OR%20%271%27=%271", '%25', '_', '%5C']) expect((await http('GET', `/api/jobs?q=${q}`)).json, q).toMatchObject({ jobs: [] });
    const { jobs } = scopes(login.user.id);
    const elsewhere = encodePageToken(`${jobs}/digits`, ['2026-01-01T00:00:00.000Z', jobId]);
    expect((await http('GET', `/api/jobs?q=digits&page_token=${elsewhere}`)).status).toBe(200);
    expect(await http('GET', `/api/jobs?q=iris&page_token=${elsewhere}`)).toMatchObject({ status: 422, code: 'UNPROCESSABLE' });
  });

  it.each(['', '-1', '1.5', '1e3', 'ten'])('a page size of "%s"', async (size) => {
    expect(await http('GET', `/api/jobs?page_size=${size}`)).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
  });

  it('event ids', async () => {
    expect(await http('GET', `/api/jobs/${jobId}/events?after=9999999999999999999`)).toMatchObject({ status: 422, code: 'UNPROCESSABLE' });
    expect(await http('GET', `/api/jobs/${jobId}/events?after=-1`)).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    const actor = await services.tokens.verifyUserToken(login.token);
    const updates = services.jobs.follow(actor, jobId, 2n ** 64n - 1n, AbortSignal.timeout(5_000));
    await expect(updates[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('ids that are none', async () => {
    const machine = { machineId: 'machine-1', ownerId: login.user.id };
    await expect(services.serverNodes.issueToken(machine, 'node-1')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    for (const path of ['/api/jobs/%00', `/api/datasets/${MISSING_CID}%00/key`]) expect(await http('GET', path)).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    const { token } = await tokens.issueUserToken({ userId: 'platform-operator', role: 'operator' });
    expect(await http('GET', '/api/users/%00', undefined, token)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('names with a NUL in them', async () => {
    const hardware = { cpus: [{ name: `C${NUL}`, cores: 1, threads: 1 }], gpus: [], ram_total_mb: 1_000 };
    const machine = { owner_id: login.user.id, hostname: 'h', os: 'linux', hardware };
    expect(await http('POST', '/api/machines/register', machine)).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    expect(await http('POST', '/api/datasets', { ...dataset(), name: `digits${NUL}` })).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
  });

  it('and none of it was a fault of ours', () => expect(failures).toEqual([]));
});

function dataset() {
  const key = Buffer.alloc(32).toString('base64url');
  const parts = { cid: MISSING_CID, key, held_out_cid: MISSING_CID, held_out_key: key };
  return { ...parts, name: 'digits', samples: 10, size_bytes: 1_000, sample_shape: [28, 28, 1], classes: 10, held_out_samples: 10 };
}

describe('datasets', () => {
  const meta = { name: 'digits', samples: 10, heldOutSamples: 10, sampleShape: [28, 28, 1], classes: 10 };

  it('must be in CyxCloud, with the size that is stated', async () => {
    const stored = await client.data.put({ train: new Uint8Array(5_000), heldOut: new Uint8Array(500), meta });
    expect(stored.sizeBytes).toBe(5_000);
    const said = { ...dataset(), cid: stored.cid, held_out_cid: stored.heldOutCid };
    expect(await http('POST', '/api/datasets', { ...said, size_bytes: 5_000 })).toMatchObject({ status: 201 });
    for (const size_bytes of [4_999, 5_001, 1]) expect(await http('POST', '/api/datasets', { ...said, size_bytes })).toMatchObject({ status: 422, code: 'DATASET_INVALID' });
    expect(await http('POST', '/api/datasets', { ...said, size_bytes: 2 * 1024 ** 3 + 1 })).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    for (const part of ['cid', 'held_out_cid']) expect(await http('POST', '/api/datasets', { ...said, size_bytes: 5_000, [part]: MISSING_CID })).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('have two classes or more, or none where their targets are numbers', async () => {
    expect(await client.data.put({ train: new Uint8Array(9), heldOut: new Uint8Array(1), meta: { ...meta, classes: 0 } })).toMatchObject({ classes: 0 });
    expect(await http('POST', '/api/datasets', { ...dataset(), classes: -1 })).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    expect(await http('POST', '/api/datasets', { ...dataset(), classes: 1 })).toMatchObject({ status: 422, code: 'UNPROCESSABLE' });
  });

  it('are asked for with a token of the platform', async () => {
    const { cid } = await client.data.put({ train: new Uint8Array(7), heldOut: new Uint8Array(1), meta });
    const objects = createObjectDirectory({ storageUrl: config.storageUrl, tokens });
    expect([await objects.encryptedBytes(cid), await objects.encryptedBytes(MISSING_CID)]).toEqual([encryptedLength(7), null]);
    await expect(objects.encryptedBytes('nonsense')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const nowhere = createObjectDirectory({ storageUrl: 'http://127.0.0.1:9', tokens });
    await expect(nowhere.encryptedBytes(cid)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('logins that come too often are told how long to wait', async () => {
  const guess = () => http('POST', '/api/auth/login', { login: login.user.username, password: 'a wrong guess' });
  const startedMs = performance.now();
  const answers = await Promise.all(Array.from({ length: 40 }, guess));
  // One more becomes free every two seconds, and a busy machine may need some.
  const freedMeanwhile = Math.ceil((performance.now() - startedMs) / 2_000);
  const tried = answers.filter(({ status }) => status === 401);
  const refused = answers.filter(({ status }) => status === 429);
  expect(tried.length).toBeGreaterThanOrEqual(30);
  expect(tried.length).toBeLessThanOrEqual(30 + freedMeanwhile);
  expect(tried.length + refused.length).toBe(40);
  expect(refused[0]).toMatchObject({ code: 'RATE_LIMITED' });
  expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await http('POST', '/api/auth/register', person())).status).toBe(201);
});

it('the page about the API runs no script and asks no other server for anything', async () => {
  const { status, text, headers } = await http('GET', '/api/docs');
  expect(status).toBe(200);
  expect(text).toContain('<code>POST /api/jobs</code>');
  expect(text).not.toMatch(/<script|https?:\/\//);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
});
