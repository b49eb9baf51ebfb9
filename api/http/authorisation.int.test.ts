import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keypair } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, signWith, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { completedJob, newJob, newNode, storedDataset, STORED_CID as CID } from '#api/testing/owned-things';
import { withOwnDatabase } from '#api/testing/own-database';
import { insertWallet } from '#db/postgres/wallets';
import { newPayloadKey, openPayloadKeyring } from '#temporal/codec/keyring';
import { createPayloadCodec } from '#temporal/codec/payload-codec';
import { createHttpApp } from './app.ts';
import type { HttpApp } from './context.ts';

// Who may do what, on one page: every endpoint of the interface's own description × everybody who could ask. An endpoint
// that has no row here fails the first test.

/** The owner comes last: some rows end what they are about. */
const EVERYBODY = ['anonymous', 'machine', 'other', 'operator', 'owner'] as const;
type Who = (typeof EVERYBODY)[number];

interface Scene {
  readonly ids: Readonly<Record<Exclude<Who, 'anonymous' | 'machine'> | 'clerk' | 'machine' | 'unit' | 'node' | 'open' | 'completed' | 'key' | 'session', string>>;
  readonly tokens: Readonly<Record<Exclude<Who, 'anonymous'>, string>>;
  readonly login: { readonly login: string; readonly password: string };
}
interface Asked {
  /** Of the path's `{id}` or `{cid}`. */
  readonly id?: string;
  readonly body?: unknown;
}
type Ask = (scene: Scene, who: Who) => Asked | Promise<Asked>;
type Row = readonly [endpoint: string, expected: Readonly<Record<Who, string>>, ask?: Ask];

const nothing: Ask = () => ({});
const NO_LOGIN = '401 UNAUTHENTICATED';
const everybody = (answer: string): Record<Who, string> => ({ anonymous: answer, machine: answer, other: answer, operator: answer, owner: answer });
/** A machine's key is no person's login. */
const people = (other: string, operator: string, owner: string): Record<Who, string> => ({ anonymous: NO_LOGIN, machine: NO_LOGIN, other, operator, owner });
const peopleAndMachine = (other: string, operator: string, owner: string): Record<Who, string> => ({ ...people(other, operator, owner), machine: owner });
/** About what is one's own, whoever one is. */
const own = (answer: string): Record<Who, string> => people(answer, answer, answer);
const machineOnly = (answer: string): Record<Who, string> => ({ ...everybody(NO_LOGIN), machine: answer });

const hardware = { cpus: [{ name: 'Test CPU', cores: 2, threads: 4 }], gpus: [], ram_total_mb: 16_000 };
const specification = { graph_json: '{}', dataset_cid: CID, hyper_parameters: { epochs: 1, batch_size: 8, learning_rate: 0.1 }, device_class: 'cpu', deadline_ms: 600_000 };
const submission = { quote_id: randomUUID(), budget_base: '1', specification };
const key = Buffer.alloc(32, 1).toString('base64url');
const dataset = { cid: CID, key, name: 'd', samples: 1, size_bytes: 1, sample_shape: [1], classes: 2, held_out_cid: CID, held_out_key: key, held_out_samples: 1 };
const payload = { payloads: [{ metadata: { encoding: '' }, data: '' }] };
const withRequestId = (): Asked => ({ body: { ...submission, request_id: randomUUID() } });
/** Signed as the page asks: by a wallet that nobody has linked yet. */
async function signed(link: boolean, { ids }: Scene, who: Who): Promise<Asked> {
  const { walletLogin } = platform.services;
  const linked = link && who !== 'anonymous' && who !== 'machine';
  return { body: signWith(Keypair.generate(), linked ? await walletLogin.linkChallenge({ userId: ids[who], role: 'user' }) : await walletLogin.challenge()) };
}

const TABLE: readonly Row[] = [
  ['GET /healthz', everybody('200')],
  ['GET /readyz', everybody('200')],
  ['GET /.well-known/jwks.json', everybody('200')],

  ['POST /api/auth/register', everybody('201'), () => ({ body: newPerson() })],
  ['POST /api/auth/login', everybody('200'), ({ login }) => ({ body: login })],
  ['GET /api/auth/me', own('200')],
  ['GET /api/users/{id}', people('403 FORBIDDEN', '200', '200'), ({ ids }) => ({ id: ids.owner })],
  ['PUT /api/users/{id}/role', people('403 FORBIDDEN', '200', '403 FORBIDDEN'), ({ ids }) => ({ id: ids.clerk, body: { role: 'provider' } })],
  ['PUT /api/users/{id}/subscription', people('403 FORBIDDEN', '200', '403 FORBIDDEN'), ({ ids }) => ({ id: ids.clerk, body: { subscription: 'pro' } })],
  // Nobody else's, an operator's neither.
  ['GET /api/users/{id}/export', people('403 FORBIDDEN', '403 FORBIDDEN', '200'), ({ ids }) => ({ id: ids.owner })],
  ['GET /api/users/{id}/deletion', people('403 FORBIDDEN', '403 FORBIDDEN', '200'), ({ ids }) => ({ id: ids.owner })],
  ['POST /api/users/{id}/deletion', people('403 FORBIDDEN', '403 FORBIDDEN', '401 BAD_CREDENTIALS'), ({ ids }) => ({ id: ids.owner, body: { username: 'x', password: 'not it' } })],
  ['POST /api/auth/wallet/nonce', everybody('200')],
  ['POST /api/auth/wallet/login', everybody('200'), (scene, who) => signed(false, scene, who)],
  ['POST /api/auth/wallet/link-nonce', own('200')],
  ['POST /api/auth/wallet/link', own('200'), (scene, who) => signed(true, scene, who)],
  ['POST /api/auth/verify-email/send', own('204')],
  ['POST /api/auth/verify-email', everybody('401 BAD_CREDENTIALS'), () => ({ body: { token: 'made up' } })],
  ['POST /api/auth/password-reset', everybody('202'), () => ({ body: { email: `${randomUUID()}@example.com` } })],
  ['POST /api/auth/password-reset/confirm', everybody('401 BAD_CREDENTIALS'), () => ({ body: { token: 'made up', password: 'a good password' } })],
  ['PUT /api/auth/password', own('401 BAD_CREDENTIALS'), () => ({ body: { current: 'not it', password: 'a good password' } })],
  ['GET /api/auth/sessions', own('200')],
  ['DELETE /api/auth/sessions/{id}', people('404 NOT_FOUND', '404 NOT_FOUND', '204'), ({ ids }) => ({ id: ids.session })],
  ['GET /api/auth/login-methods', own('200')],
  ['DELETE /api/auth/login-methods/{id}', own('404 NOT_FOUND'), () => ({ id: 'github:1' })],
  ['GET /api/api-keys', own('200')],
  ['POST /api/api-keys', own('201'), () => ({ body: { name: 'k', scopes: ['read'], expires_in_days: 1 } })],
  ['DELETE /api/api-keys/{id}', people('404 NOT_FOUND', '404 NOT_FOUND', '204'), ({ ids }) => ({ id: ids.key })],

  ['POST /api/machines/register', people('403 FORBIDDEN', '403 FORBIDDEN', '201'), ({ ids }) => ({ body: { owner_id: ids.owner, hostname: 'h', os: 'linux', hardware } })],
  ['POST /api/machines/{id}/heartbeat', machineOnly('200'), ({ ids }) => ({ id: ids.machine })],
  ['PUT /api/machines/{id}/hardware', machineOnly('200'), ({ ids }) => ({ id: ids.machine, body: { hardware } })],
  ['PUT /api/machines/{id}/maintenance', people('404 NOT_FOUND', '200', '200'), ({ ids }) => ({ id: ids.machine, body: { maintenance: true } })],
  ['GET /api/nodes/mine', own('200')],
  // The machine that runs it may do what moves no tokens.
  ['GET /api/nodes/{id}/status', peopleAndMachine('403 FORBIDDEN', '200', '200'), ({ ids }) => ({ id: ids.node })],
  ['GET /api/nodes/{id}/earnings', peopleAndMachine('403 FORBIDDEN', '200', '200'), ({ ids }) => ({ id: ids.node })],
  ['GET /api/nodes/{id}/slashes', peopleAndMachine('403 FORBIDDEN', '200', '200'), ({ ids }) => ({ id: ids.node })],
  ['PUT /api/nodes/{id}/draining', peopleAndMachine('403 FORBIDDEN', '200', '200'), ({ ids }) => ({ id: ids.node, body: { draining: true } })],
  ['PUT /api/nodes/{id}/paused', peopleAndMachine('403 FORBIDDEN', '200', '200'), ({ ids }) => ({ id: ids.node, body: { paused: true } })],
  // Its owner's alone, who hears that this node has no stake.
  ['POST /api/nodes/{id}/unstaking', people('403 FORBIDDEN', '403 FORBIDDEN', '409 STATE_CONFLICT'), ({ ids }) => ({ id: ids.node })],
  ['DELETE /api/nodes/{id}/unstaking', people('403 FORBIDDEN', '403 FORBIDDEN', '409 STATE_CONFLICT'), ({ ids }) => ({ id: ids.node })],
  ['POST /api/nodes/{id}/top-ups', people('403 FORBIDDEN', '403 FORBIDDEN', '409 STATE_CONFLICT'), ({ ids }) => ({ id: ids.node, body: { request_id: 'r', amount_base: '1' } })],
  ['GET /api/users/{id}/machines', people('403 FORBIDDEN', '200', '200'), ({ ids }) => ({ id: ids.owner })],
  ['PUT /api/compute-units/{id}', people('404 NOT_FOUND', '200', '200'), ({ ids }) => ({ id: ids.unit, body: { allocation: { cores_allocated: 1 } } })],
  ['PUT /api/compute-units/{id}/status', people('404 NOT_FOUND', '200', '200'), ({ ids }) => ({ id: ids.unit, body: { status: 'paused' } })],

  // Whoever is logged in may ask; what they ask for is no job.
  ['POST /api/quotes', own('422 GRAPH_INVALID'), () => ({ body: { specification } })],
  ['POST /api/jobs', own('422 GRAPH_INVALID'), withRequestId],
  ['POST /api/jobs/prepare', own('422 GRAPH_INVALID'), withRequestId],
  ['GET /api/jobs', own('200')],
  ['GET /api/jobs/{id}', people('404 NOT_FOUND', '200', '200'), ({ ids }) => ({ id: ids.open })],
  // Its workflow was never started, which only those hear who may cancel it.
  ['POST /api/jobs/{id}/cancel', people('404 NOT_FOUND', '409 STATE_CONFLICT', '409 STATE_CONFLICT'), ({ ids }) => ({ id: ids.open })],
  ['GET /api/jobs/{id}/events', people('404 NOT_FOUND', '200', '200'), ({ ids }) => ({ id: ids.completed })],
  ['GET /api/jobs/{id}/model', people('404 NOT_FOUND', '403 FORBIDDEN', '200'), ({ ids }) => ({ id: ids.completed })],
  ['GET /api/jobs/{id}/receipt', people('404 NOT_FOUND', '200', '200'), ({ ids }) => ({ id: ids.completed })],

  ['GET /api/datasets', own('200')],
  ['POST /api/datasets', own('404 NOT_FOUND'), () => ({ body: dataset })],
  ['GET /api/datasets/{cid}', people('404 NOT_FOUND', '404 NOT_FOUND', '200'), () => ({ id: CID })],
  ['GET /api/datasets/{cid}/key', people('404 NOT_FOUND', '404 NOT_FOUND', '200'), () => ({ id: CID })],
  ['GET /api/models', own('200')],
  ['GET /api/models/{job_id}', people('404 NOT_FOUND', '404 NOT_FOUND', '200'), ({ ids }) => ({ id: ids.completed })],
  ['GET /api/wallet', own('200')],
  ['GET /api/wallet/transfers', own('200')],
  ['GET /api/nodes', everybody('200')],
  ['GET /api/nodes/{id}', everybody('200'), ({ ids }) => ({ id: ids.node })],

  ['GET /api/ops/audit', people('403 FORBIDDEN', '200', '403 FORBIDDEN')],
  ['POST /api/codec/encode', people('403 FORBIDDEN', '200', '403 FORBIDDEN'), () => ({ body: payload })],
  ['POST /api/codec/decode', people('403 FORBIDDEN', '200', '403 FORBIDDEN'), () => ({ body: payload })],
];

let platform: AccountPlatform;
let app: HttpApp;
let scene: Scene;
let folder: string;

beforeAll(async () => {
  // The audit reads all there is, and what other tests left behind is not meant for it.
  platform = await startAccountPlatform(await withOwnDatabase(inject('stackEnv')));
  folder = mkdtempSync(join(tmpdir(), 'authorisation-'));
  const { id, secret } = newPayloadKey();
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ active: id, keys: { [id]: secret } }));
  const codec = { payloads: createPayloadCodec(openPayloadKeyring(join(folder, 'keys.json'))), temporalUiUrl: 'http://127.0.0.1:8233/' };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  app = createHttpApp(platform.services, { log: quiet, codec });
  scene = await setUp();
}, 120_000);
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true });
});

async function setUp(): Promise<Scene> {
  const owner = await signUp();
  const [other, operator, clerk] = await Promise.all([signUp(), signUp(), signUp()]);
  await platform.mongo.users.updateOne({ _id: operator.id }, { $set: { role: 'operator' } });
  const { json: machine } = await platform.call('POST', '/api/machines/register', { token: owner.token, body: { owner_id: owner.id, hostname: 'h', os: 'linux', hardware } });
  const unit = await platform.mongo.computeUnits.findOne({ machineId: machine['machine_id'] as string });
  const actor = { userId: owner.id, role: 'user' } as const;
  await platform.services.sessions.create(owner.id);
  const [session] = await platform.services.sessions.list(actor, null);
  const { view } = await platform.services.apiKeys.create(actor, { name: 'k', scopes: ['read'], expiresInDays: null });
  const jobs = { open: await newJob(platform.deps, owner.id), completed: await completedJob(platform.deps, owner.id) };
  await storedDataset(platform.deps, owner.id);
  const node = await newNode(platform.deps, owner.id, machine['machine_id'] as string);
  const ids = { owner: owner.id, other: other.id, operator: operator.id, clerk: clerk.id, machine: machine['machine_id'] as string, unit: unit!._id, node, ...jobs, key: view.keyId, session: session!.handle };
  return { ids, tokens: { owner: owner.token, other: other.token, operator: operator.token, machine: machine['api_key'] as string }, login: owner.login };
}

async function signUp() {
  const { email, username, password } = newPerson();
  const { json } = await platform.call('POST', '/api/auth/register', { body: { email, username, password } });
  const { id } = json['user'] as { id: string };
  await insertWallet(platform.deps.postgres.db, { userId: id, address: Keypair.generate().publicKey.toBase58(), kind: 'linked', secretWrapped: null });
  return { id, token: json['token'] as string, login: { login: username, password } };
}

async function ask(endpoint: string, who: Who, { id, body }: Asked): Promise<string> {
  const [method = '', path = ''] = endpoint.split(' ');
  const token = who === 'anonymous' ? undefined : scene.tokens[who];
  const response = await app.request(path.replace(/\{\w+\}/, encodeURIComponent(id ?? '')), {
    method,
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const code = response.status < 400 ? '' : ` ${(JSON.parse(text) as { code: string }).code}`;
  return `${response.status}${code}`;
}

describe('who may do what', () => {
  it('stands in the table for every endpoint that is described, and for no other', async () => {
    const { paths } = (await (await app.request('/api/openapi.json')).json()) as { paths: Record<string, object> };
    const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect(described.sort()).toEqual(TABLE.map(([endpoint]) => endpoint).sort());
  });

  it.each(TABLE.map(([endpoint, expected, asked = nothing]) => ({ endpoint, expected, asked })))('$endpoint', async ({ endpoint, expected, asked }) => {
    const answers: Partial<Record<Who, string>> = {};
    for (const who of EVERYBODY) answers[who] = await ask(endpoint, who, await asked(scene, who));
    expect(answers).toEqual(expected);
  });
});
