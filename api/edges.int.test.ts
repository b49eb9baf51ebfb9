import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { eq, sql } from 'drizzle-orm';
import { SignJWT, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { measureHardware } from '#activities/node/hardware';
import { parseConfig, type Config } from '#core/config/config';
import { SUBSCRIPTIONS } from '#core/identity/subscriptions';
import { createLeaseKeyPair, type LeaseKeyPair } from '#cyxcloud/client/lease-keys';
import { parseCyxwiz } from '#core/money/amount';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { markAssigned } from '#db/postgres/attempts';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { nodes as nodeRows } from '#db/postgres/schema';
import { applyJobTransition, insertJob } from '#db/postgres/jobs';
import { NodeServiceClient } from '#proto/gen/cyxwiz/node/v1/node_service';
import { startStack, type Stack } from '#scripts/stack/start-stack';
import { createBrowserClient } from './client/client.ts';
import { unaryCall } from './client/grpc-call.ts';
import { createCyxWizClient, type CyxWizClient, type JobUpdate, type Login, type Specification, type SubmitInput } from './client/node.ts';
import { callHttp, type Call, showSmallCpu } from './testing/edge-calls.ts';

const graphJson = readFileSync(new URL('../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');
const cpus = [{ name: 'Test CPU', cores: 2, threads: 4 }];
const hardware = { cpus, gpus: [{ device_id: 0, name: 'Test GPU', vram_mb: 24_564, cuda_version: '12.4' }], ram_total_mb: 16_000 };

let home: string;
let stack: Stack;
let config: Config;
let postgres: Postgres;
let user: CyxWizClient;
let other: CyxWizClient;
let userLogin: Login;
let providerLogin: Login;
let machine: { machine_id: string; api_key: string };
let nodeId: string;
let nodeToken: string;
/** This machine's, which the stack's verifier has too. */
let instructionSet: string;
let nodes: NodeServiceClient;
let specification: Specification;
let datasetKey: Uint8Array;
let keyPair: LeaseKeyPair;

const urls = () => ({ httpUrl: config.publicUrls.web, grpcUrl: config.publicUrls.grpc, storageUrl: config.storageUrl });

const http = (...call: Call) => callHttp(config.publicUrls.web, ...call);

async function newUser(): Promise<{ client: CyxWizClient; login: Login }> {
  const name = `u${randomUUID().slice(0, 8)}`;
  const client = createCyxWizClient(urls());
  return { client, login: await client.auth.register({ email: `${name}@example.com`, username: name, password: 'a good password' }) };
}

const funded = (client: CyxWizClient) =>
  vi.waitFor(async () => expect((await client.wallet())?.balanceBase ?? 0n).toBeGreaterThan(0n), { timeout: 90_000, interval: 300 });
const keepOnline = () => postgres.db.execute(sql`UPDATE nodes SET last_seen_at = now() + interval '1 hour', state = 'ACTIVE' WHERE id = ${nodeId}`);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'cyxwiz-edges-'));
  config = parseConfig({ ...inject('stackEnv'), CYXWIZ_HOME: home });
  stack = await startStack({ config, log: () => undefined, only: ['api', 'platform', 'verifier'] });
  config = stack.config;
  postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
  instructionSet = (await measureHardware()).instructionSet!;
  nodes = new NodeServiceClient(config.publicUrls.grpc, credentials.createInsecure());
  const [first, second, provider] = await Promise.all([newUser(), newUser(), newUser()]);
  user = first.client;
  userLogin = first.login;
  other = second.client;
  providerLogin = provider.login;
  await Promise.all([user, other, provider.client].map(funded));
  provider.client.close();
  machine = (await http('POST', '/api/machines/register', providerLogin.token, { owner_id: providerLogin.user.id, hostname: 'h', os: 'linux', hardware })).json as typeof machine;
  await expect(unaryCall(nodes.registerNode.bind(nodes), registration(), machine.api_key)).rejects.toMatchObject({ code: 'NODE_NOT_ELIGIBLE', message: expect.stringContaining('go through a challenge') });
  await showCpu();
  const registered = await unaryCall(nodes.registerNode.bind(nodes), registration(), machine.api_key);
  nodeId = registered.nodeId;
  nodeToken = (await unaryCall(nodes.issueNodeToken.bind(nodes), { machineId: machine.machine_id, nodeId }, machine.api_key)).token;
  const stored = await user.data.put({
    train: new Uint8Array(4_000).fill(1),
    heldOut: new Uint8Array(400).fill(2),
    meta: { name: 'digits', samples: 8_000, heldOutSamples: 2_000, sampleShape: [28, 28, 1], classes: 10 },
  });
  datasetKey = stored.key;
  keyPair = await createLeaseKeyPair();
  specification = { graphJson, datasetCid: stored.cid, hyperParameters: { epochs: 2, batchSize: 64, learningRate: 0.001 }, deviceClass: 'cpu', deadlineMs: 600_000 };
  await keepOnline();
}, 300_000);

afterAll(async () => {
  for (const part of [user, other, nodes]) part?.close();
  await postgres?.close();
  await stack?.stop();
  rmSync(home, { recursive: true, force: true });
});

const showCpu = (of = machine) => showSmallCpu(config.publicUrls.grpc, { machineId: of.machine_id, apiKey: of.api_key });

function registration(change = {}) {
  return {
    machineId: machine.machine_id,
    deviceClass: 'cpu',
    hardware: { cpus, gpus: [], ramTotalMb: 16_000n },
    pricePerHourBase: parseCyxwiz('300'),
    stakeBase: parseCyxwiz('100'),
    samplesPerSecond: 1_000,
    instructionSet,
    ...change,
  };
}

async function submission(change: Partial<SubmitInput> = {}): Promise<SubmitInput> {
  const quote = await user.quote(specification);
  return { requestId: randomUUID(), quoteId: quote.quoteId, specification, budgetBase: quote.amountBase, ...change };
}

async function collect(updates: AsyncIterable<JobUpdate>): Promise<JobUpdate[]> {
  const all: JobUpdate[] = [];
  for await (const update of updates) all.push(update);
  return all;
}

describe('a job over the edges', () => {
  it('is quoted 50, locked, followed by two readers, cancelled and refunded, once for one request id', async () => {
    const before = (await user.wallet())!.balanceBase;
    const quote = await user.quote(specification);
    expect(quote).toMatchObject({ amountBase: parseCyxwiz('50'), nodeBase: parseCyxwiz('45'), platformBase: parseCyxwiz('5') });
    const input = { requestId: randomUUID(), quoteId: quote.quoteId, specification, budgetBase: quote.amountBase };
    const answers = await Promise.all([user.submit(input), user.submit(input), user.submit(input)]);
    const { jobId } = answers[0];
    expect(answers).toEqual(Array(3).fill({ jobId, workflowId: `job-${jobId}`, state: 'QUEUED' }));
    const following = collect(user.follow(jobId));
    await expect.poll(async () => (await user.status(jobId)).state, { timeout: 30_000 }).toBe('ESCROWED');
    expect((await user.wallet())!.balanceBase).toBe(before - parseCyxwiz('50'));
    await user.cancel(jobId);

    const updates = await following;
    expect(updates.flatMap((update) => (update.kind === 'state' ? [update.state] : []))).toEqual(['CREATED', 'QUEUED', 'ESCROWED', 'CANCELLED']);
    const browser = createBrowserClient({ ...urls(), token: userLogin.token });
    expect((await collect(browser.follow(jobId))).map((update) => update.eventId)).toEqual(updates.map((update) => update.eventId));
    const half = updates[2]!.eventId;
    expect(await collect(browser.follow(jobId, { afterEventId: half }))).toHaveLength(updates.length - 3);
    expect(await user.submit(input)).toEqual(answers[0]);
    expect((await user.wallet())!.balanceBase).toBe(before);
    expect(await user.status(jobId)).toMatchObject({ state: 'CANCELLED', endReason: 'CANCELLED_BY_USER', transfers: [{ purpose: 'escrow-lock' }, { purpose: 'refund' }] });
    const [viaHttp] = (await browser.list({ pageSize: 1 })).jobs;
    for (const q of [jobId.slice(0, 10), 'DIGITS', 'cpu']) expect((await http('GET', `/api/jobs?q=${q}&state=CANCELLED`, userLogin.token)).json, q).toMatchObject({ jobs: [{ job_id: jobId }] });
    expect((await http('GET', `/api/jobs?q=cuda`, userLogin.token)).json).toMatchObject({ jobs: [] });
    expect(viaHttp).toMatchObject({ jobId, state: 'CANCELLED', amountBase: parseCyxwiz('50') });
    await expect(user.cancel(jobId)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await expect(user.downloadModel(jobId)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await expect(other.status(jobId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(other.cancel(jobId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }, 120_000);

  it('keeps every hyper-parameter on its way, over gRPC and REST', async () => {
    await keepOnline();
    const chosen = { optimizer: 'adamw', weightDecay: 0.01, beta2: 0.99, schedule: { kind: 'cosine', finalFactor: 0.1 }, warmUpSteps: 5, clipNorm: 1 } as const;
    const hyperParameters = { ...specification.hyperParameters, ...chosen, seed: 3 };
    const wanted = { ...specification, hyperParameters };
    const browser = createBrowserClient({ ...urls(), token: userLogin.token });
    const { quoteId, amountBase } = await browser.quote(wanted);
    // A quote fits only the job it was made for: both transports said the same.
    const { jobId } = await user.submit({ requestId: randomUUID(), quoteId, specification: wanted, budgetBase: amountBase });
    for (const client of [user, browser]) expect((await client.status(jobId)).specification.hyperParameters).toEqual(hyperParameters);
    const { json } = await http('GET', `/api/jobs/${jobId}`, userLogin.token);
    const inRest = (json['specification'] as { hyper_parameters: object }).hyper_parameters;
    expect(inRest).toEqual({
      epochs: 2, batch_size: 64, learning_rate: 0.001, optimizer: 'adamw', seed: 3, weight_decay: 0.01, beta2: 0.99,
      schedule: { kind: 'cosine', final_factor: 0.1 }, warm_up_steps: 5, clip_norm: 1,
    });
    const { rows } = await postgres.db.execute(sql`SELECT hyper_parameters FROM jobs WHERE id = ${jobId}`);
    expect(rows).toEqual([{ hyper_parameters: hyperParameters }]);
    await user.cancel(jobId);
    await collect(user.follow(jobId));

    const typo = { ...wanted, hyperParameters: { ...hyperParameters, weightdecay: 1 } };
    for (const client of [user, browser]) await expect(client.quote(typo)).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('weightdecay') });
    for (const client of [user, browser]) await expect(client.quote({ ...wanted, hyperParameters: { ...hyperParameters, momentum: 0.9 } })).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
  }, 60_000);

  it('gives the owner their dataset back, and nobody else', async () => {
    const bytes = new Uint8Array(await new Response(await user.data.get(specification.datasetCid)).arrayBuffer());
    expect(bytes).toEqual(new Uint8Array(4_000).fill(1));
    await expect(other.data.get(specification.datasetCid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('bad submissions lock nothing and leave nothing', () => {
  const table: [string, string, () => Promise<unknown>][] = [
    ['a shape that does not fit, naming the layer', 'GRAPH_INVALID', () => user.quote({ ...specification, graphJson: graphJson.replace('"kernelSize": 3', '"kernelSize": 99') })],
    ['no JSON at all', 'GRAPH_INVALID', () => user.quote({ ...specification, graphJson: '{' })],
    ['a graph that is too large', 'GRAPH_INVALID', () => user.quote({ ...specification, graphJson: `{"x":"${'y'.repeat(300_000)}"}` })],
    ['a message that is too large', 'PAYLOAD_TOO_LARGE', () => user.quote({ ...specification, graphJson: 'y'.repeat(5_000_000) })],
    ['an unknown CID', 'NOT_FOUND', () => user.quote({ ...specification, datasetCid: `bafybei${'a'.repeat(52)}` })],
    ['somebody else’s dataset', 'NOT_FOUND', () => other.quote(specification)],
    ['a class that nobody serves', 'NO_CAPABLE_NODE', () => user.quote({ ...specification, deviceClass: 'cuda.80g' })],
    ['a deadline of nothing', 'INVALID_INPUT', () => user.quote({ ...specification, deadlineMs: 10 })],
    ['a budget below the quote', 'BUDGET_BELOW_QUOTE', async () => user.submit(await submission({ budgetBase: 1n }))],
    ['a quote for another job', 'UNPROCESSABLE', async () => user.submit(await submission({ specification: { ...specification, deadlineMs: 700_000 } }))],
    ['somebody else’s quote', 'NOT_FOUND', async () => other.submit(await submission())],
    ['no quote', 'NOT_FOUND', async () => user.submit(await submission({ quoteId: randomUUID() }))],
    ['a page token of another list', 'UNPROCESSABLE', () => user.list({ pageToken: 'bm9uc2Vuc2U' })],
    ['a job that is not there', 'NOT_FOUND', () => user.status(randomUUID())],
    ['a job id that is none', 'INVALID_INPUT', () => user.status('x')],
  ];

  it.each(table)('%s', async (_name, code, run) => {
    await keepOnline();
    const count = async (): Promise<number> => Number((await postgres.db.execute(sql`SELECT count(*) AS n FROM jobs`)).rows[0]!.n);
    const before = [await count(), (await user.wallet())!.balanceBase];
    const error = await run().then(() => null, (reason: unknown) => reason as { code: string; message: string });
    expect(error).toMatchObject({ code });
    expect(error!.message.length).toBeGreaterThan(20);
    expect([await count(), (await user.wallet())!.balanceBase]).toEqual(before);
  });

  it('an expired quote, an empty wallet, another job under the same request id', async () => {
    await keepOnline();
    const expired = await submission();
    await postgres.db.execute(sql`UPDATE quotes SET expires_at = now() WHERE id = ${expired.quoteId}`);
    await expect(user.submit(expired)).rejects.toMatchObject({ code: 'QUOTE_EXPIRED' });

    const rich = { ...specification, deadlineMs: 5 * 3_600_000 };
    // No node's stake answers for so much; with one that does, it is the wallet that is too small.
    await expect(user.quote(rich)).rejects.toMatchObject({ code: 'NO_CAPABLE_NODE', facts: { largestStakeBase: parseCyxwiz('100').toString() } });
    const quote = await withStakes(parseCyxwiz('2000'), () => user.quote(rich));
    const poor = withStakes(parseCyxwiz('2000'), () =>
      user.submit({ requestId: randomUUID(), quoteId: quote.quoteId, specification: rich, budgetBase: quote.amountBase }),
    );
    await expect(poor).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS', facts: { requiredBase: parseCyxwiz('1500').toString() } });

    const input = await submission();
    const { jobId } = await user.submit(input);
    // Its answer was lost: whoever asks again has a newer quote by then.
    const { quoteId, amountBase } = await user.quote(specification);
    expect((await user.submit({ ...input, quoteId, budgetBase: amountBase })).jobId).toBe(jobId);
    const changed = { ...specification, deadlineMs: 700_000 };
    const second = await user.quote(changed);
    await expect(user.submit({ ...input, quoteId: second.quoteId, specification: changed, budgetBase: second.amountBase })).rejects.toMatchObject({ code: 'ALREADY_EXISTS', facts: { jobId } });
    await user.cancel(jobId);
    await collect(user.follow(jobId));
  }, 60_000);
});

describe('identity', () => {
  it('an expired token, a forged one, none, and the wrong role', async () => {
    const key = JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK;
    const old = await new SignJWT({ role: 'user' })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid! })
      .setSubject(userLogin.user.id)
      .setIssuer('https://cyxwiz')
      .setAudience('cyxwiz')
      .setIssuedAt(Math.floor(Date.now() / 1000) - 100_000)
      .setExpirationTime(Math.floor(Date.now() / 1000) - 1)
      .sign(await importJWK(key, 'EdDSA'));
    const cases: [string | undefined, string, number][] = [
      [old, 'TOKEN_EXPIRED', 401],
      [`${old.slice(0, -4)}AAAA`, 'UNAUTHENTICATED', 401],
      [undefined, 'UNAUTHENTICATED', 401],
      [nodeToken, 'FORBIDDEN', 403],
    ];
    for (const [token, code, status] of cases) {
      expect(await http('GET', '/api/jobs', token)).toMatchObject({ status, type: 'application/problem+json', json: { code, status } });
      const client = createCyxWizClient({ ...urls(), ...(token === undefined ? {} : { token }) });
      await expect(client.list()).rejects.toMatchObject({ code });
      client.close();
    }
    await expect(unaryCall(nodes.heartbeat.bind(nodes), { nodeId, busy: false }, userLogin.token)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(unaryCall(nodes.heartbeat.bind(nodes), { nodeId: randomUUID(), busy: false }, nodeToken)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(unaryCall(nodes.issueNodeToken.bind(nodes), { machineId: machine.machine_id, nodeId }, userLogin.token)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('bad registrations and logins', async () => {
    const { username } = userLogin.user;
    const email = userLogin.user.email!;
    const password = 'a good password';
    const register = (body: unknown) => http('POST', '/api/auth/register', undefined, body);
    expect(await register({ email: email.toUpperCase(), username: 'someone-new', password })).toMatchObject({ status: 409, json: { code: 'ALREADY_EXISTS', errors: [{ path: 'email' }] } });
    expect(await register({ email: 'new@example.com', username: username.toUpperCase(), password })).toMatchObject({ status: 409, json: { errors: [{ path: 'username' }] } });
    expect(await register({ email: 'no', username: 'x', password: 'short' })).toMatchObject({ status: 400, json: { errors: [{ path: 'email' }, { path: 'username' }, { path: 'password' }] } });
    expect(await register('{')).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT' } });
    expect(await register(`"${'x'.repeat(1_100_000)}"`)).toMatchObject({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE' } });
    const login = (body: unknown) => http('POST', '/api/auth/login', undefined, body);
    expect(await login({ login: username, password: 'wrong' })).toMatchObject({ status: 401, json: { code: 'BAD_CREDENTIALS' } });
    expect(await login({ login: 'nobody-here', password })).toMatchObject({ status: 401, json: { code: 'BAD_CREDENTIALS' } });
    expect(await login({ email: email.toUpperCase(), password })).toMatchObject({ status: 200, json: { user: { email } } });
    expect((await http('GET', `/api/users/${userLogin.user.id}`, providerLogin.token)).status).toBe(403);
    expect((await http('GET', '/api/auth/me', userLogin.token)).json).toMatchObject({ username, stats: { modelsCreated: 0 }, subscription: 'free' });
  });
});

describe('machines', () => {
  it('register, beat, show their units, and are their owner’s alone', async () => {
    expect(machine).toMatchObject({ machine_id: expect.stringMatching(/^machine-[0-9a-f]{8}$/), api_key: expect.any(String) });
    const id = machine.machine_id;
    expect((await http('POST', `/api/machines/${id}/heartbeat`, machine.api_key)).json).toMatchObject({ status: 'online' });
    expect((await http('POST', '/api/machines/machine-00000000/heartbeat', machine.api_key)).status).toBe(403);
    expect((await http('POST', `/api/machines/${id}/heartbeat`, 'cyxk_wrong')).status).toBe(401);
    expect((await http('POST', '/api/machines/register', userLogin.token, { owner_id: providerLogin.user.id, hostname: 'h', os: 'l', hardware })).status).toBe(403);
    expect((await http('GET', `/api/users/${providerLogin.user.id}/machines`, userLogin.token)).status).toBe(403);

    const { json } = await http('GET', `/api/users/${providerLogin.user.id}/machines`, providerLogin.token);
    const [found] = json.machines as { compute_units: { unit_id: string; device_type: string }[] }[];
    expect(found).toMatchObject({ machine_id: id, status: 'online', hardware });
    const gpu = found!.compute_units.find((unit) => unit.device_type === 'gpu')!;
    expect(gpu).toMatchObject({ unit_id: expect.stringMatching(/^unit-gpu0-[a-z0-9]{6}$/), vram_total_mb: 24_564, allocation: { vram_allocated_mb: 0, vram_reserved_mb: 2_048 } });
    const unit = `/api/compute-units/${gpu.unit_id}`;
    expect((await http('PUT', unit, providerLogin.token, { allocation: { vram_allocated_mb: 8_000 } })).json).toMatchObject({ allocation: { vram_allocated_mb: 8_000, vram_reserved_mb: 2_048 } });
    expect((await http('PUT', unit, providerLogin.token, { allocation: { vram_allocated_mb: 24_000 } })).status).toBe(422);
    expect((await http('PUT', `${unit}/status`, providerLogin.token, { status: 'paused' })).json).toMatchObject({ status: 'paused' });
    expect((await http('PUT', `${unit}/status`, userLogin.token, { status: 'active' })).status).toBe(404);

    const smaller = { ...hardware, gpus: [] };
    const changed = await http('PUT', `/api/machines/${id}/hardware`, machine.api_key, { hardware: smaller });
    expect((changed.json.compute_units as unknown[]).length).toBe(1);
  });

  it('nodes register once, with enough stake and the hardware they claim', async () => {
    const register = (change: object, token = machine.api_key) => unaryCall(nodes.registerNode.bind(nodes), registration(change), token);
    expect(await register({})).toMatchObject({ nodeId, notice: '' });
    await expect(register({ instructionSet: 'mmx' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(register({ stakeBase: 1n })).rejects.toMatchObject({ code: 'STAKE_TOO_LOW' });
    await expect(register({ deviceClass: 'cuda.24g' })).rejects.toMatchObject({ code: 'NODE_NOT_ELIGIBLE' });
    await expect(register({ machineId: 'machine-00000000' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(register({}, userLogin.token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a challenge that was passed', () => {
  it('is good for one registration, of its machine, within a quarter of an hour', async () => {
    const another = (await http('POST', '/api/machines/register', providerLogin.token, { owner_id: providerLogin.user.id, hostname: 'h2', os: 'linux', hardware })).json as typeof machine;
    const register = () => unaryCall(nodes.registerNode.bind(nodes), registration({ machineId: another.machine_id }), another.api_key);
    const notShown = { code: 'NODE_NOT_ELIGIBLE', message: expect.stringContaining('has not shown') as string };
    const move = (minutes: number) => postgres.db.execute(sql`UPDATE node_challenges SET answered_at = answered_at + make_interval(mins => ${minutes}) WHERE machine_id = ${another.machine_id}`);
    await showCpu();
    await expect(register()).rejects.toMatchObject(notShown);
    await showCpu(another);
    await move(-16);
    await expect(register()).rejects.toMatchObject(notShown);
    await move(16);
    const { nodeId: id } = await register();
    const [row] = await postgres.db.update(nodeRows).set({ paused: true, measured: null }).where(eq(nodeRows.id, id)).returning();
    expect(row!.challengeDueAt!.getTime()).toBeGreaterThan(Date.now() + 11 * 3_600_000);
    await expect(register()).rejects.toMatchObject(notShown);
  });
});

describe('results that nobody could verify', () => {
  const setOf = (set: string) => postgres.db.update(nodeRows).set({ instructionSet: set });
  it('are neither quoted nor claimed, and a registration says so', async () => {
    const before = await postgres.db.select({ id: nodeRows.id, set: nodeRows.instructionSet }).from(nodeRows);
    const { jobId } = await user.submit(await submission());
    await expect.poll(async () => (await user.status(jobId)).state, { timeout: 30_000 }).toBe('ESCROWED');
    try {
      await setOf('neon');
      await expect(user.quote(specification)).rejects.toMatchObject({ code: 'NO_CAPABLE_NODE', message: expect.stringContaining('No verifier') as string });
      await keepOnline();
      const claim = await unaryCall(nodes.claimJob.bind(nodes), { jobId, attempt: 1, accept: true, reason: '' }, nodeToken);
      expect(claim).toEqual({ granted: false, reason: 'no verifier for results of this processor is online' });
      const { notice } = await unaryCall(nodes.registerNode.bind(nodes), registration({ instructionSet: 'neon' }), machine.api_key);
      expect(notice).toContain('Nobody verifies results of cpu on neon processors');
    } finally {
      for (const { id, set } of before) await postgres.db.update(nodeRows).set({ instructionSet: set }).where(eq(nodeRows.id, id));
    }
    await user.cancel(jobId);
  });
});

/** Runs `use` while every node is said to have this stake, at a price of 300 CYXWIZ an hour: other files may have left cheaper ones behind. */
async function withStakes<T>(stakeBase: bigint, use: () => Promise<T>): Promise<T> {
  const { id, stakeBase: stake, pricePerHourBase: price } = nodeRows;
  const before = await postgres.db.select({ id, stake, price }).from(nodeRows);
  await postgres.db.update(nodeRows).set({ stakeBase, pricePerHourBase: parseCyxwiz('300') });
  try {
    return await use();
  } finally {
    for (const row of before) await postgres.db.update(nodeRows).set({ stakeBase: row.stake, pricePerHourBase: row.price }).where(eq(id, row.id));
  }
}

describe('a node and a job', () => {
  const call = {
    claim: (jobId: string, attempt: number, accept = true) => unaryCall(nodes.claimJob.bind(nodes), { jobId, attempt, accept, reason: accept ? '' : 'no disk' }, nodeToken),
    lease: (jobId: string, attempt: number, publicKey = keyPair.publicKey) => unaryCall(nodes.acquireLease.bind(nodes), { jobId, attempt, resumeBeforeStep: 0n, publicKey: Buffer.from(publicKey) }, nodeToken),
    progress: (jobId: string, attempt: number, sequence: bigint) =>
      unaryCall(nodes.reportProgress.bind(nodes), { jobId, attempt, sequence, epoch: 1, epochs: 2, step: 3n, steps: 9n, loss: 0.5, accuracy: 0.9, samplesPerSecond: 10, log: `report ${sequence}` }, nodeToken),
    complete: (jobId: string, attempt: number, change = {}) =>
      unaryCall(nodes.reportCompletion.bind(nodes), { jobId, attempt, modelCid: specification.datasetCid, modelSizeBytes: 9n, commitment: Buffer.alloc(32, 1), finalLoss: 0.1, finalAccuracy: 0.9, trainingMs: 5n, ...change }, nodeToken),
  };

  it('claims, leases, reports and completes, fenced by the attempt', async () => {
    await keepOnline();
    const { jobId } = await user.submit(await submission());
    const { db } = postgres;
    // A refusal is kept from the moment at which the attempt is open.
    const refused = async (): Promise<number> => {
      await call.claim(jobId, 1, false);
      return (await db.execute(sql`SELECT 1 FROM node_offers WHERE job_id = ${jobId}`)).rows.length;
    };
    await expect.poll(refused, { timeout: 30_000 }).toBe(1);
    await expect.poll(async () => (await user.status(jobId)).state, { timeout: 30_000 }).toBe('ESCROWED');
    await expect.poll(async () => (await call.claim(jobId, 1)).granted, { timeout: 30_000 }).toBe(true);
    expect(await call.claim(jobId, 1)).toEqual({ granted: true, reason: '' });
    expect(await call.claim(jobId, 2)).toMatchObject({ granted: false, reason: expect.stringContaining('current') });
    await expect(call.lease(jobId, 1)).rejects.toMatchObject({ code: 'FENCED' });

    await markAssigned(db, { jobId, attempt: 1, nodeId });
    const lease = await call.lease(jobId, 1);
    const binding = { jobId, attempt: 1, leaseEndsAtMs: lease.deadlineAt!.getTime() };
    expect([lease.dataset!.cid, lease.storageUrl]).toEqual([specification.datasetCid, config.storageUrl]);
    expect(await keyPair.open(lease.dataset!.key!, { ...binding, purpose: 'dataset' })).toEqual(datasetKey);
    expect(await keyPair.open(lease.modelKey!, { ...binding, purpose: 'model' })).toHaveLength(32);
    await expect(keyPair.open(lease.modelKey!, { ...binding, purpose: 'dataset' })).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    await expect(keyPair.open(lease.dataset!.key!, { ...binding, attempt: 2, purpose: 'dataset' })).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    await expect((await createLeaseKeyPair()).open(lease.dataset!.key!, { ...binding, purpose: 'dataset' })).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    await expect(call.lease(jobId, 1, new Uint8Array(0))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    for (const sequence of [1n, 2n, 2n, 1n]) await call.progress(jobId, 1, sequence);
    await expect(call.progress(jobId, 2, 1n)).rejects.toMatchObject({ code: 'FENCED' });
    await call.complete(jobId, 1);
    await call.complete(jobId, 1);
    await expect(call.complete(jobId, 1, { trainingMs: 6n })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(call.complete(jobId, 1, { commitment: Buffer.alloc(3) })).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    await closeWithOutcome(db, { jobId, attempt: 1, outcome: 'released' });
    await expect(call.lease(jobId, 1)).rejects.toMatchObject({ code: 'FENCED' });
    await expect(call.progress(jobId, 1, 3n)).rejects.toMatchObject({ code: 'FENCED' });

    const offers = await db.execute(sql`SELECT accepted, reason FROM node_offers WHERE job_id = ${jobId} ORDER BY id`);
    expect(offers.rows).toContainEqual({ accepted: false, reason: 'no disk' });
    await user.cancel(jobId);
    const updates = await collect(user.follow(jobId));
    expect(updates.filter((update) => update.kind === 'progress')).toHaveLength(2);
    expect(updates.flatMap((update) => (update.kind === 'log' ? [update.line] : []))).toEqual(expect.arrayContaining(['report 1', 'report 2']));
  }, 120_000);

  it('a model’s key is its owner’s once the job is completed', async () => {
    await keepOnline();
    const { jobId } = await user.submit(await submission());
    await expect.poll(async () => (await user.status(jobId)).state, { timeout: 30_000 }).toBe('ESCROWED');
    for (const event of ['assignNode', 'startTraining', 'complete'] as const) {
      await applyJobTransition(postgres.db, { jobId, event, transitionKey: `test:${event}`, patch: { modelCid: specification.datasetCid } });
    }
    expect((await http('GET', `/api/jobs/${jobId}/model`, userLogin.token)).json).toMatchObject({ cid: specification.datasetCid, key: expect.stringMatching(/^[\w-]{43}$/) });
    expect((await http('GET', `/api/jobs/${jobId}/model`, providerLogin.token)).status).toBe(404);
  }, 60_000);
});

describe('a subscription', () => {
  it('bounds open jobs and stored bytes, and says what to do', async () => {
    const { client, login } = await newUser();
    await funded(client);
    const put = () => client.data.put({ train: new Uint8Array(4_000).fill(3), heldOut: new Uint8Array(400).fill(4), meta: { name: 'mine', samples: 8_000, heldOutSamples: 2_000, sampleShape: [28, 28, 1], classes: 10 } });
    const { cid } = await put();
    await keepOnline();
    const mine = { ...specification, datasetCid: cid };
    const { quoteId, amountBase } = await client.quote(mine);
    const userId = login.user.id;
    for (let open = 0; open < SUBSCRIPTIONS.free.maxOpenJobs; open++) {
      const id = randomUUID();
      const facts = { workflowId: `job-${id}`, graphJson, datasetCid: cid, hyperParameters: mine.hyperParameters, deviceClass: 'cpu', deadlineMs: 60_000, deadlineAt: new Date(Date.now() + 60_000) };
      const rest = { quoteId, specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n, requesterAddress: 'address', modelKeyWrapped: 'v1.x' };
      await insertJob(postgres.db, { id, userId, requestId: id, ...facts, ...rest });
    }
    const request = { requestId: randomUUID(), quoteId, specification: mine, budgetBase: amountBase };
    await expect(client.submit(request)).rejects.toMatchObject({ code: 'LIMIT_REACHED', message: expect.stringContaining('cancel one'), facts: { maxOpenJobs: '32' } });
    await postgres.db.execute(sql`UPDATE jobs SET state = 'FAILED' WHERE user_id = ${userId}`);
    const { jobId } = await client.submit(request);
    await client.cancel(jobId);

    await postgres.db.execute(sql`UPDATE datasets SET stored_bytes = ${SUBSCRIPTIONS.free.maxStoredBytes - 100} WHERE owner_id = ${userId}`);
    await expect(put()).rejects.toMatchObject({ code: 'LIMIT_REACHED', message: expect.stringContaining('10 GiB') });
    client.close();
  }, 120_000);
});

describe('the process', () => {
  it('tells its operators what the gateway does, and nobody else', async () => {
    const metrics = (token?: string) => fetch(`${config.publicUrls.web}/metrics`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
    const refused = [undefined, userLogin.token, providerLogin.token, nodeToken, machine.api_key].map(async (token) => (await metrics(token)).status);
    expect(await Promise.all(refused)).toEqual([401, 403, 403, 403, 401]);
    const answer = await metrics(readFileSync(join(home, 'operator.token'), 'utf8').trim());
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(await answer.text()).toContain('cyxwiz_gateway_connections{who="node"} 0');
  });

  it('says that it is alive and ready, publishes its keys and its interface', async () => {
    expect((await http('GET', '/healthz')).json).toEqual({ service: 'cyxwiz', status: 'ok' });
    expect(await http('GET', '/readyz')).toMatchObject({ status: 200, json: { parts: { postgres: { ok: true }, mongo: { ok: true }, temporal: { ok: true }, chain: { ok: true }, storage: { ok: true } } } });
    const jwks = await http('GET', '/.well-known/jwks.json');
    expect(JSON.stringify(jwks.json)).not.toContain('"d"');
    const paths = Object.keys((await http('GET', '/api/openapi.json')).json.paths as object);
    expect(paths).toEqual(expect.arrayContaining(['/api/auth/register', '/api/machines/{id}/heartbeat', '/api/jobs/{id}/events', '/api/compute-units/{id}/status']));
    expect(await http('GET', '/api/nothing')).toMatchObject({ status: 404, type: 'application/problem+json' });
  });
});
