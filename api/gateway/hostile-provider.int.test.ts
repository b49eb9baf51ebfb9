import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { eq, inArray } from 'drizzle-orm';
import type { JWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '#activities/node/testing/fixture';
import { createCyxWizClient, type CyxWizClient, type StoredDataset } from '#api/client/node';
import { parseConfig, type Config } from '#core/config/config';
import { createLeaseKeyPair } from '#cyxcloud/client/lease-keys';
import { parseCyxwiz } from '#core/money/amount';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { patchNode, type NodePatch } from '#db/postgres/nodes';
import { nodes as nodeRows } from '#db/postgres/schema';
import { encodeDataset, firstSamples } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { AcquireLeaseRequest, ClaimJobRequest, ClaimJobResponse, DrainNodeRequest, HeartbeatRequest, IssueNodeTokenRequest, ReportCheckpointRequest, ReportCompletionRequest, ReportProgressRequest } from '#proto/gen/cyxwiz/node/v1/node_service';
import { GetJobStatusRequest, ListJobsRequest } from '#proto/gen/cyxwiz/job/v1/job_service';
import { startStack, type Stack } from '#scripts/stack/start-stack';
import { capabilityQueue, nodeQueue, PLATFORM_QUEUE, verifierQueue } from '#temporal/contract/queues';
import { createTokens } from '../auth/tokens.ts';
import { METHODS } from './methods.ts';
import { DROPPED, Flood } from './testing/flood.ts';
import { forgeNodeTokens } from './testing/forged-tokens.ts';
import { startProvider, type Provider } from './testing/provider.ts';
import { failureBody, field, jsonPayloads, pollBody, rawCall, rawPath, taskBody, type RawAnswer } from './testing/raw-client.ts';
import { Received } from './testing/received.ts';
import { onlyBytes } from './wire.ts';

const { status } = grpc;
const root = proto as unknown as { lookupService(name: string): { methods: Record<string, unknown> } };
const methodsOf = (service: string): string[] => Object.keys(root.lookupService(service).methods);
const graphJson = readFileSync(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');

const mark = randomBytes(5).toString('hex');
/** Planted where the hostile provider has no business to look. */
const CANARY = {
  user: `canaryuser${mark}`,
  mail: `canarymail${mark}@example.com`,
  dataset: `canary dataset ${mark}`,
  content: `canary content ${mark}`,
  layer: `canary_layer_${mark}`,
  learningRate: 0.001234567891,
  hostname: `canary-host-${mark}`,
  price: 400_123_456_789n,
};

let homes: string[];
let stack: Stack;
let config: Config;
let postgres: Postgres;
let customer: CyxWizClient;
let baitCustomer: CyxWizClient;
let data: StoredDataset;
let bait: StoredDataset;
let victim: Provider;
let hostile: Provider;
let third: Provider;
let witness: Provider;
/** Held by the victim all the time. */
let job: string;
/** Held by the hostile provider, then by the third. */
let ownJob: string;
/** Real workers of the hostile provider, on queues that are not its own, and what tasks they were given. */
const intruders: Worker[] = [];
const taken: unknown[] = [];
const [seen, seenByVictim] = [new Received(), new Received()];
const publicKey = Buffer.from((await createLeaseKeyPair()).publicKey);

const urls = () => ({ httpUrl: config.publicUrls.web, grpcUrl: config.publicUrls.grpc, storageUrl: config.storageUrl });
async function newCustomer(username: string, email: string): Promise<CyxWizClient> {
  const client = createCyxWizClient(urls());
  await client.auth.register({ email, username, password: randomUUID() });
  await until('the welcome credit', async () => ((await client.wallet())?.balanceBase ?? 0n) > 0n, 90_000);
  return client;
}

function putDataset(client: CyxWizClient, name: string, content: string): Promise<StoredDataset> {
  const part = (size: number): Uint8Array => new Uint8Array(Buffer.from(content.repeat(Math.ceil(size / content.length)).slice(0, size)));
  return client.data.put({ train: part(4_000), heldOut: part(400), meta: { name, samples: 8_000, heldOutSamples: 2_000, sampleShape: [28, 28, 1], classes: 10 } });
}

async function submit(client: CyxWizClient, datasetCid: string, graph = graphJson, learningRate = 0.001): Promise<string> {
  const specification = { graphJson: graph, datasetCid, hyperParameters: { epochs: 1, batchSize: 64, learningRate }, deviceClass: 'cpu', deadlineMs: 600_000 };
  const quote = await client.quote(specification);
  return (await client.submit({ requestId: randomUUID(), quoteId: quote.quoteId, specification, budgetBase: quote.amountBase })).jobId;
}
const inState = (client: CyxWizClient, jobId: string, state: string, timeoutMs = 60_000): Promise<void> => until(`${jobId} is ${state}`, async () => (await client.status(jobId)).state === state, timeoutMs);

/** Calls of the hostile provider; all that it is answered is kept. */
async function keep(answer: Promise<RawAnswer>): Promise<RawAnswer> {
  const got = await answer;
  seen.note(got.details, got.body);
  seen.noteMetadata(got.metadata);
  return got;
}
const temporal = (method: string, body: Buffer, token: string | undefined = hostile.token.issued.token): Promise<RawAnswer> => keep(rawCall(hostile.raw.gateway, method, body, token));
const nodeService = (method: string, body: { finish(): Uint8Array }, token = hostile.token.issued.token): Promise<RawAnswer> =>
  keep(rawPath(hostile.raw.grpc, `/cyxwiz.node.v1.NodeService/${method}`, Buffer.from(body.finish()), token));
const claim = async (jobId: string, attempt = 1) => ClaimJobResponse.decode((await nodeService('ClaimJob', ClaimJobRequest.encode({ jobId, attempt, accept: true, reason: '' }))).body);
const lease = (jobId: string, attempt = 1) => nodeService('AcquireLease', AcquireLeaseRequest.encode(AcquireLeaseRequest.fromPartial({ jobId, attempt, publicKey })));
async function fetchAs(token: string, path: string, init: RequestInit = {}, port = hostile.ports.storage): Promise<number> {
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  return (await seen.noteResponse(await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers }))).status;
}
const storage = (path: string, init?: RequestInit): Promise<number> => fetchAs(hostile.token.issued.token, path, init);

/** The victim's training still beats. */
async function goesOn(): Promise<void> {
  const before = victim.beats();
  await until('the victim goes on', () => victim.beats() > before + 1);
}

beforeAll(async () => {
  homes = [mkdtempSync(join(tmpdir(), 'hostile-')), mkdtempSync(join(tmpdir(), 'hostile-'))];
  config = parseConfig({ ...inject('stackEnv'), CYXWIZ_HOME: homes[0] });
  stack = await startStack({ config, log: () => undefined, only: ['api', 'platform', 'verifier'] });
  config = stack.config;
  postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
  [customer, baitCustomer] = await Promise.all([newCustomer(CANARY.user, CANARY.mail), newCustomer(`bait${mark}`, `bait${mark}@example.com`)]);
  // One after the other: what each of them can do is measured.
  victim = await startProvider({ config, received: seenByVictim });
  hostile = await startProvider({ config, received: seen });
  third = await startProvider({ config });
  witness = await startProvider({ config, hostname: CANARY.hostname, pricePerHourBase: CANARY.price });
  data = await putDataset(customer, CANARY.dataset, CANARY.content);
  bait = await putDataset(baitCustomer, 'bait', 'nothing to see');
  job = await submit(customer, data.cid, graphJson.replaceAll('"hidden"', `"${CANARY.layer}"`), CANARY.learningRate);
  ownJob = await submit(baitCustomer, bait.cid);
  victim.wants.add(job);
  hostile.wants.add(ownJob);
  await Promise.all([victim.work(), hostile.work()]);
  // The workflow says RUNNING just before it hands out the training's own task.
  await until('both train', () => victim.tasks.has(`awaitTraining ${job} 1`) && hostile.tasks.has(`awaitTraining ${ownJob} 1`), 60_000);
  for (const queue of [nodeQueue(victim.nodeId), capabilityQueue('cuda.24g')]) await intrude(queue);
}, 300_000);

const jwtKey = (): JWK => JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK;

async function intrude(taskQueue: string): Promise<void> {
  const take = (input: unknown): void => void taken.push(input);
  const worker = await Worker.create({ connection: await hostile.connect(), taskQueue, activities: { startTraining: take, awaitTraining: take, claimJob: take } });
  // Once it has failed it never ends: so it is left behind, with its connection.
  worker.run().catch((error: unknown) => seen.note(String(error)));
  intruders.push(worker);
}

afterAll(async () => {
  await Promise.all([victim, hostile, third, witness].map((provider) => provider?.close()));
  // The database is others' too, and a quote goes by the prices of all nodes that are up.
  await postgres?.db.update(nodeRows).set({ paused: true }).where(inArray(nodeRows.id, [victim, hostile, third, witness].flatMap((provider) => provider?.nodeId ?? [])));
  for (const client of [customer, baitCustomer]) client?.close();
  for (const received of [seen, seenByVictim]) received.close();
  await postgres?.close();
  await stack?.stop();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

it('shows each provider what its own lease is about: so leaks would be found', async () => {
  await victim.platform.acquireLease(job, 1);
  expect([seenByVictim.count(CANARY.layer), seenByVictim.count(String(CANARY.learningRate))].map((found) => found > 0)).toEqual([true, true]);
  expect((await lease(ownJob)).code).toBe(status.OK);
  expect([seen.count('"conv1"') > 0, await storage(`/objects/${bait.cid}`)]).toEqual([true, 200]);
});

it('refuses polls of another node’s queue, of classes above its own, of the platform’s', async () => {
  const foreign = [nodeQueue(victim.nodeId), capabilityQueue('cuda.24g'), capabilityQueue('cuda.8g'), capabilityQueue('cpu', 'reliable'), PLATFORM_QUEUE, verifierQueue('cpu')];
  for (const queue of foreign) expect([queue, (await temporal('PollActivityTaskQueue', pollBody(queue))).code]).toEqual([queue, status.PERMISSION_DENIED]);
});

describe('task tokens', () => {
  const sayings: [string, Buffer][] = [
    ['RecordActivityTaskHeartbeat', jsonPayloads('{"run":"mine"}')],
    ['RespondActivityTaskCompleted', jsonPayloads('{"reported":true}')],
    ['RespondActivityTaskFailed', failureBody('broken')],
    ['RespondActivityTaskCanceled', jsonPayloads('null')],
  ];
  const sayAll = async (token: Uint8Array): Promise<grpc.status[]> => {
    const codes: grpc.status[] = [];
    for (const [method, value] of sayings) codes.push((await temporal(method, taskBody(token, value))).code);
    return codes;
  };

  it('of another node are of no use, sealed or bare', async () => {
    const token = victim.tasks.get(`awaitTraining ${job} 1`)!;
    expect(await sayAll(token)).toEqual(Array(4).fill(status.PERMISSION_DENIED));
    expect(await sayAll(token.subarray(37))).toEqual(Array(4).fill(status.PERMISSION_DENIED));
    await goesOn();
    expect((await customer.status(job)).state).toBe('RUNNING');
  });

  it('take no more than a node may say', async () => {
    const token = hostile.tasks.get(`awaitTraining ${ownJob} 1`)!;
    const [large, tooLarge] = [70_000, 1_100_000].map((size) => jsonPayloads(JSON.stringify('x'.repeat(size))));
    for (const method of ['RecordActivityTaskHeartbeat', 'RespondActivityTaskCompleted', 'RespondActivityTaskCanceled']) {
      expect([method, (await temporal(method, taskBody(token, large))).code]).toEqual([method, status.INVALID_ARGUMENT]);
      expect([method, (await temporal(method, taskBody(token, tooLarge))).code]).toEqual([method, status.RESOURCE_EXHAUSTED]);
    }
    const failure = failureBody('y'.repeat(70_000));
    expect((await temporal('RespondActivityTaskFailed', taskBody(token, failure))).code).toBe(status.INVALID_ARGUMENT);
    expect((await baitCustomer.status(ownJob)).state).toBe('RUNNING');
  });

  it('that are over say nothing any more: after their task, and after the job went elsewhere', async () => {
    const old = ['claimJob', 'startTraining'].map((name) => hostile.tasks.get(`${name} ${ownJob} 1`)!);
    for (const token of old) expect(await sayAll(token)).toEqual(Array(4).fill(status.NOT_FOUND));

    third.wants.add(ownJob);
    await third.work();
    hostile.wants.delete(ownJob);
    hostile.endTraining(ownJob, ApplicationFailure.create({ type: 'HANDED_BACK', message: 'not today', nonRetryable: true }));
    await until('the job is elsewhere', () => third.tasks.has(`awaitTraining ${ownJob} 2`), 60_000);
    expect(await sayAll(hostile.tasks.get(`awaitTraining ${ownJob} 1`)!)).toEqual(Array(4).fill(status.NOT_FOUND));
    expect(await sayAll(third.tasks.get(`awaitTraining ${ownJob} 2`)!)).toEqual(Array(4).fill(status.PERMISSION_DENIED));
    expect((await baitCustomer.status(ownJob)).state).toBe('RUNNING');
  }, 90_000);
});

describe('leases and data', () => {
  const reports = (jobId: string, attempt: number): [string, { finish(): Uint8Array }][] => {
    const checkpoint = { step: 1n, cid: bait.cid, sizeBytes: 1n, isLink: true, stateHash: Buffer.alloc(32), epoch: 1, batch: 1, meanLoss: 1, chain: Buffer.alloc(32) };
    return [
      ['AcquireLease', AcquireLeaseRequest.encode(AcquireLeaseRequest.fromPartial({ jobId, attempt, publicKey }))],
      ['ReportProgress', ReportProgressRequest.encode(ReportProgressRequest.fromPartial({ jobId, attempt, sequence: 1n }))],
      ['ReportCheckpoint', ReportCheckpointRequest.encode({ jobId, attempt, checkpoint })],
      ['ReportCompletion', ReportCompletionRequest.encode(ReportCompletionRequest.fromPartial({ jobId, attempt, modelCid: bait.cid, modelSizeBytes: 1n, commitment: Buffer.alloc(32) }))],
    ];
  };

  it('are fenced off: of another’s job, of its own former attempt, and of the one that came after', async () => {
    for (const [jobId, attempt] of [[job, 1], [ownJob, 1], [ownJob, 2]] as const) {
      for (const [method, body] of reports(jobId, attempt)) expect([method, attempt, (await nodeService(method, body)).code]).toEqual([method, attempt, status.ABORTED]);
    }
  });

  it('are not for it to fetch, before it is assigned and after', async () => {
    for (const cid of [data.cid, data.heldOutCid, bait.heldOutCid]) {
      expect(await storage(`/objects/${cid}`)).toBe(403);
      expect(await storage(`/objects/${cid}`, { method: 'HEAD' })).toBe(403);
      expect(await storage(`/objects/${cid}`, { headers: { range: 'bytes=0-9' } })).toBe(403);
      expect(await storage(`/objects/${cid}`, { method: 'DELETE' })).toBe(403);
      expect(await fetchAs(hostile.login.token, `/objects/${cid}`)).toBe(403);
      expect(await fetchAs(hostile.login.token, `/objects/${cid}`, { method: 'DELETE' })).toBe(403);
    }
    // It had this one while it had the lease.
    expect(await storage(`/objects/${bait.cid}`)).toBe(409);
    expect(await fetchAs(hostile.login.token, `/objects/${bait.cid}`)).toBe(403);
    expect(await storage('/objects', { method: 'PUT', body: new Uint8Array(1_000) })).toBe(409);
    expect(await storage('/objects/%2e%2e%2fjwt.json')).toBe(400);
  });

  it('another node and its machine are not for it to speak for', async () => {
    const { nodeId, machineId } = victim;
    expect((await nodeService('Heartbeat', HeartbeatRequest.encode({ nodeId, busy: false }))).code).toBe(status.PERMISSION_DENIED);
    for (const token of [hostile.apiKey, hostile.login.token]) {
      expect((await nodeService('DrainNode', DrainNodeRequest.encode({ nodeId, draining: true }), token)).code).toBe(status.PERMISSION_DENIED);
      for (const named of [machineId, hostile.machineId]) {
        expect((await nodeService('IssueNodeToken', IssueNodeTokenRequest.encode({ machineId: named, nodeId }), token)).code).toBe(status.PERMISSION_DENIED);
      }
    }
  });

  it('nor are people’s jobs, over any edge', async () => {
    const jobs = (method: string, body: { finish(): Uint8Array }, token: string) => keep(rawPath(hostile.raw.grpc, `/cyxwiz.job.v1.JobService/${method}`, Buffer.from(body.finish()), token));
    const statusRequest = GetJobStatusRequest.encode({ jobId: job });
    expect((await jobs('GetJobStatus', statusRequest, hostile.token.issued.token)).code).toBe(status.PERMISSION_DENIED);
    expect((await jobs('ListJobs', ListJobsRequest.encode(ListJobsRequest.fromPartial({})), hostile.token.issued.token)).code).toBe(status.PERMISSION_DENIED);
    expect((await jobs('GetJobStatus', GetJobStatusRequest.encode({ jobId: job }), hostile.login.token)).code).toBe(status.NOT_FOUND);
    for (const path of [`/api/jobs/${job}`, `/api/jobs/${job}/model`, `/api/jobs/${job}/events`, `/api/jobs/${job}/receipt`, `/api/datasets/${data.cid}`, `/api/datasets/${data.cid}/key`]) {
      expect([path, await fetchAs(hostile.token.issued.token, path, {}, config.ports.http)]).toEqual([path, 403]);
      expect([path, await fetchAs(hostile.login.token, path, {}, config.ports.http)]).toEqual([path, 404]);
    }
  });
});

describe('claims', () => {
  let open: string;
  const MINE = { banned: false, paused: false, unstaking: false, draining: false, stakeBase: parseCyxwiz('100') };

  beforeAll(async () => {
    open = await submit(baitCustomer, bait.cid);
    await inState(baitCustomer, open, 'ESCROWED');
    await until('the attempt is open', async () => (await claim(open)).reason !== "attempt 1 is not the job's current one");
  }, 60_000);

  const unfit: [string, NodePatch, RegExp][] = [
    ['banned', { banned: true }, /banned/],
    ['under-staked', { stakeBase: parseCyxwiz('99.999999999') }, /stake is below/],
    ['paused', { paused: true }, /paused/],
    ['draining', { draining: true }, /draining/],
    ['unstaking', { unstaking: true }, /unstaking/],
  ];
  it('are refused to a node that is unfit, with the reason', async () => {
    await postgres.db.execute(`UPDATE job_attempts SET node_id = NULL, claimed_at = NULL WHERE job_id = '${open}'`);
    for (const [name, patch, reason] of unfit) {
      await patchNode(postgres.db, hostile.nodeId, patch);
      expect([name, await claim(open)]).toEqual([name, { granted: false, reason: expect.stringMatching(reason) }]);
      await patchNode(postgres.db, hostile.nodeId, MINE);
    }
    await postgres.db.update(nodeRows).set({ state: 'SLASHED' }).where(eq(nodeRows.id, hostile.nodeId));
    expect(await claim(open)).toMatchObject({ granted: false, reason: 'the node is SLASHED' });
    await postgres.db.update(nodeRows).set({ state: 'ACTIVE' }).where(eq(nodeRows.id, hostile.nodeId));
    expect(await claim(job)).toMatchObject({ granted: false, reason: 'another node has it' });
  });

  it('give a banned node no further token', async () => {
    await patchNode(postgres.db, hostile.nodeId, { banned: true });
    const request = IssueNodeTokenRequest.encode({ machineId: hostile.machineId, nodeId: hostile.nodeId });
    expect((await nodeService('IssueNodeToken', request, hostile.apiKey)).code).toBe(status.PERMISSION_DENIED);
    await patchNode(postgres.db, hostile.nodeId, MINE);
  });

  it('are refused for the job of its own owner, and beside another job', async () => {
    const owner = createCyxWizClient({ ...urls(), token: hostile.login.token });
    const { cid } = await putDataset(owner, 'mine', 'of my own');
    const own = await submit(owner, cid);
    await inState(owner, own, 'ESCROWED');
    await until('its attempt is open', async () => (await claim(own)).reason === 'nobody may work for themselves');
    await owner.cancel(own);
    owner.close();

    expect(await claim(open)).toEqual({ granted: true, reason: '' });
    const another = await submit(baitCustomer, bait.cid);
    await until('another attempt is open', async () => (await claim(another)).reason === 'the node holds another job');
    await baitCustomer.cancel(another);
  }, 60_000);

  it('are not made by an answer to the offer alone', async () => {
    await postgres.db.execute(`UPDATE job_attempts SET node_id = NULL, claimed_at = NULL WHERE job_id = '${open}' AND assigned_at IS NULL`);
    await patchNode(postgres.db, hostile.nodeId, { paused: true });
    await Promise.all([victim, hostile, third].map((provider) => provider.stopClaiming()));
    let lied = false;
    for (let tries = 0; tries < 20 && !lied; tries += 1) {
      const offer = await temporal('PollActivityTaskQueue', pollBody('train.cpu'));
      const token = onlyBytes(offer.body, 1);
      if (token === undefined || !offer.body.includes(open)) continue;
      const answer = await temporal('RespondActivityTaskCompleted', taskBody(token, jsonPayloads(JSON.stringify({ nodeId: hostile.nodeId }))));
      lied = answer.code === status.OK;
    }
    expect(lied).toBe(true);
    await sleep(3_000);
    expect((await baitCustomer.status(open)).state).toBe('ESCROWED');
    await patchNode(postgres.db, hostile.nodeId, MINE);
    await baitCustomer.cancel(open);
  }, 120_000);
});

describe('who it says it is', () => {
  it('counts only as the platform signed it', async () => {
    const claims = { ownerId: hostile.login.userId, machineId: hostile.machineId, queues: [nodeQueue(victim.nodeId)] };
    const { forged, expired } = await forgeNodeTokens({ key: jwtKey(), own: hostile.token.issued.token, nodeId: victim.nodeId, claims });
    const others = [['a user’s login', hostile.login.token], ['the machine’s API key', hostile.apiKey]] as const;
    const lives = pollBody(nodeQueue(victim.nodeId));
    for (const [name, token] of [...forged, ...others]) expect([name, (await temporal('PollActivityTaskQueue', lives, token)).code]).toEqual([name, status.UNAUTHENTICATED]);
    for (const [name, token] of forged) {
      expect([name, (await nodeService('Heartbeat', HeartbeatRequest.encode({ nodeId: victim.nodeId, busy: false }), token)).code]).toEqual([name, status.UNAUTHENTICATED]);
      expect([name, await fetchAs(token, `/objects/${data.cid}`)]).toEqual([name, 401]);
    }
    // UNAUTHENTICATED would end an honest worker for good, though a fresh token is a moment away.
    expect((await temporal('PollActivityTaskQueue', lives, expired)).code).toBe(status.UNAVAILABLE);
    expect((await nodeService('AcquireLease', AcquireLeaseRequest.encode(AcquireLeaseRequest.fromPartial({ jobId: job, attempt: 1, publicKey })), expired)).code).toBe(status.UNAUTHENTICATED);
    expect(await fetchAs(expired, `/objects/${data.cid}`)).toBe(401);
  });
});

describe('all else that Temporal can do', () => {
  const about = (): Buffer => Buffer.concat([field(1, 'default'), field(2, field(1, `job-${job}`))]);

  it('is refused, method by method, with what would be asked and without', async () => {
    const refused = methodsOf('temporal.api.workflowservice.v1.WorkflowService').filter((method) => !Object.hasOwn(METHODS, method));
    expect(refused).toEqual(expect.arrayContaining(['StartWorkflowExecution', 'QueryWorkflow', 'ListWorkflowExecutions', 'GetWorkflowExecutionHistory', 'PollWorkflowTaskQueue', 'SignalWorkflowExecution', 'TerminateWorkflowExecution', 'ResetWorkflowExecution', 'RespondActivityTaskCompletedById', 'UpdateNamespace']));
    for (const method of refused) {
      for (const body of [Buffer.alloc(0), about()]) {
        // So many calls in a row would be too many a second.
        await sleep(3);
        expect([method, (await temporal(method, body)).code]).toEqual([method, status.PERMISSION_DENIED]);
      }
    }
  }, 60_000);

  it('is not even there in other services', async () => {
    const paths = [
      ...methodsOf('temporal.api.operatorservice.v1.OperatorService').map((method) => `/temporal.api.operatorservice.v1.OperatorService/${method}`),
      '/temporal.server.api.adminservice.v1.AdminService/DescribeMutableState',
      '/temporal.server.api.historyservice.v1.HistoryService/GetMutableState',
      '/grpc.health.v1.Health/Check',
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      '/cyxwiz.node.v1.NodeService/AcquireLease',
    ];
    for (const path of paths) expect([path, (await keep(rawPath(hostile.raw.gateway, path, about(), hostile.token.issued.token))).code]).toEqual([path, status.UNIMPLEMENTED]);
  });
});

describe('floods', () => {
  let flood: Flood;
  beforeAll(() => void (flood = new Flood(config.ports.gateway, seen)));
  afterEach(() => flood.close());
  const isReady = async (): Promise<number> => (await fetch(`${config.publicUrls.web}/readyz`)).status;

  it('of a thousand connections that say nothing leave the nodes that work at work', async () => {
    const probe = () => rawCall(victim.raw.gateway, 'GetSystemInfo', Buffer.alloc(0), victim.token.issued.token);
    expect((await probe()).code).toBe(status.OK);
    await flood.connectMany(1_000);
    await until('the surplus is dropped', () => flood.ended >= 1_000 - 64);
    expect(flood.open).toBeLessThanOrEqual(64);
    await goesOn();
    expect((await probe()).code).toBe(status.OK);
    expect(await isReady()).toBe(200);
    // Whoever does not say who they are has to leave, so others can come again.
    await until('all of them are dropped', () => flood.ended >= 1_000, 15_000);
    expect(await flood.call(await flood.connect(), third.token.issued.token)).toBe(status.OK);
  }, 60_000);

  it('of a thousand connections under one node’s token come down to a few', async () => {
    const codes: number[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      const opened = await flood.connectMany(50);
      codes.push(...(await Promise.all(opened.map((session) => flood.call(session, hostile.token.issued.token)))));
      if (batch % 5 === 0) expect(await flood.call(await flood.connect(), third.token.issued.token)).toBe(status.OK);
    }
    const count = (code: number): number => codes.filter((found) => found === code).length;
    const [served, refused] = [count(status.OK), count(status.RESOURCE_EXHAUSTED)];
    expect([served > 0, served <= 8, refused > 100, served + refused + count(DROPPED)]).toEqual([true, true, true, 1_000]);
    await until('those beyond its few are dropped', () => flood.open <= 64);
    expect(await isReady()).toBe(200);
  }, 60_000);

  it('of calls are told when to come back', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => {
      const mine: RawAnswer[] = [];
      for (let call = 0; call < 25; call += 1) mine.push(await temporal('GetSystemInfo', Buffer.alloc(0)));
      return mine;
    }));
    const refused = answers.flat().filter(({ code }) => code !== status.OK);
    expect(refused.length).toBeGreaterThan(50);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([status.RESOURCE_EXHAUSTED]));
    const details = Buffer.from(refused[0]!.metadata.flatMap((metadata) => metadata.get('grpc-status-details-bin'))[0] as Buffer);
    expect(details.includes('google.rpc.RetryInfo')).toBe(true);
    expect((await rawCall(victim.raw.gateway, 'GetSystemInfo', Buffer.alloc(0), victim.token.issued.token)).code).toBe(status.OK);
  }, 60_000);
});

describe('after all of it', () => {
  it('real workers on queues of others got no task, and failed', async () => {
    // The SDK takes a refusal in a connection's first minute for a delay, and asks again.
    await until('both have failed', () => intruders.every((worker) => worker.getState() === 'FAILED'), 90_000);
    expect(taken).toEqual([]);
  }, 100_000);

  it('the hostile provider received none of what is not its own', async () => {
    const secrets = {
      kms: Buffer.from(readFileSync(join(config.keysDir, 'kms.key'), 'utf8').trim(), 'base64'),
      jwt: Buffer.from(jwtKey().d!, 'base64url'),
      payloads: Buffer.from(Object.values((JSON.parse(readFileSync(join(config.keysDir, 'payload-codec.json'), 'utf8')) as { keys: Record<string, string> }).keys)[0]!, 'base64'),
    };
    const { token } = await (await createTokens(jwtKey())).issueUserToken({ userId: 'platform-test', role: 'operator' });
    const ciphertext = Buffer.from(await (await fetch(`${config.storageUrl}/objects/${data.cid}`, { headers: { authorization: `Bearer ${token}` } })).arrayBuffer());
    const planted: Record<string, string | Uint8Array> = {
      ...{ user: CANARY.user, mail: CANARY.mail, dataset: CANARY.dataset, content: CANARY.content, layer: CANARY.layer },
      ...{ learningRate: String(CANARY.learningRate), hostname: CANARY.hostname, price: String(CANARY.price), apiKey: witness.apiKey, victimKey: victim.apiKey },
      ...{ victimToken: victim.token.issued.token.split('.')[2]!, datasetKey: data.key, heldOutKey: data.heldOutKey, ciphertext: ciphertext.subarray(64, 96) },
      ...secrets,
    };
    expect(seen.sizeBytes).toBeGreaterThan(50_000);
    expect(Object.entries(planted).map(([name, canary]) => [name, seen.count(canary)])).toEqual(Object.keys(planted).map((name) => [name, 0]));
  });

  it('the platform is unharmed: an honest node does a paid job', async () => {
    await goesOn();
    expect((await customer.status(job)).state).toBe('RUNNING');
    for (const [provider, jobId] of [[victim, job], [third, ownJob]] as const) provider.endTraining(jobId, ApplicationFailure.create({ type: 'HANDED_BACK', message: 'enough', nonRetryable: true }));
    await Promise.all([customer.cancel(job), baitCustomer.cancel(ownJob)]);

    const honestConfig = parseConfig({ ...stack.env, CYXWIZ_HOME: homes[1] });
    const honest = await startStack({ config: honestConfig, log: () => undefined, only: ['node'] });
    try {
      const paused = (await postgres.db.update(nodeRows).set({ paused: true }).where(eq(nodeRows.paused, false)).returning({ id: nodeRows.id })).map(({ id }) => id);
      await patchNode(postgres.db, String(honest.services.get('node')!.facts()['nodeId']), { paused: false });
      const { training, heldOut } = await loadDigits();
      const { cid } = await baitCustomer.data.put({
        train: encodeDataset(firstSamples(training, 300)),
        heldOut: encodeDataset(firstSamples(heldOut, 100)),
        meta: { name: 'digits', samples: 300, heldOutSamples: 100, sampleShape: [28, 28, 1], classes: 10 },
      });
      const paid = await submit(baitCustomer, cid).finally(() => postgres.db.update(nodeRows).set({ paused: false }).where(inArray(nodeRows.id, paused)));
      await inState(baitCustomer, paid, 'COMPLETED', 280_000);
      expect((await fetch(`${config.publicUrls.web}/readyz`)).status).toBe(200);
    } finally {
      await honest.stop();
    }
  }, 420_000);
});
