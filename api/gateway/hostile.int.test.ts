import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freePorts } from '#scripts/stack/free-ports';
import { createTokens, type Tokens } from '../auth/tokens.ts';
import { METHODS } from './methods.ts';
import { startGateway } from './server.ts';
import { plainPayloads } from './testing/payloads.ts';
import { field, pollBody, rawCall } from './testing/raw-client.ts';
import { startTestTemporal, type TestTemporal } from './testing/temporal-server.ts';
import type { Gateway, GatewayOptions } from './types.ts';
import { SERVICE_PATH } from './upstream.ts';
import { nodeTokenVerifier } from './verify-node-token.ts';
import { fieldsOf, onlyBytes } from './wire.ts';

const { status } = grpc;
const log = { info: () => undefined, warn: () => undefined };
const root = proto as unknown as { lookupService(name: string): { methods: Record<string, unknown> } };
const allMethods = Object.keys(root.lookupService('temporal.api.workflowservice.v1.WorkflowService').methods);

let temporal: TestTemporal;
let gateway: Gateway;
let tokens: Tokens;
let raw: grpc.Client;
let client: Client;
let dir: string;
const nodeToken: Record<'a' | 'b' | 'expired' | 'forged' | 'user' | 'short', string> = {} as never;

async function issuer(now?: () => Date): Promise<{ tokens: Tokens; jwk: Parameters<typeof createTokens>[0] }> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'test' };
  return { tokens: await createTokens(jwk, now), jwk };
}

const options = (port: number): GatewayOptions => ({
  host: '127.0.0.1',
  port,
  upstream: { address: temporal.address, namespace: 'default' },
  payloads: plainPayloads,
  verifyNodeToken: nodeTokenVerifier(tokens),
  sealKeysFile: join(dir, 'seal.json'),
  log,
});

async function issueAll(jwk: Parameters<typeof createTokens>[0]): Promise<void> {
  const a = { nodeId: 'a', ownerId: 'o', machineId: 'm', queues: ['train.cpu', 'node.a'] };
  const b = { nodeId: 'b', ownerId: 'p', machineId: 'n', queues: ['train.cpu', 'node.b'] };
  const past = (agoMs: number) => createTokens(jwk, () => new Date(Date.now() - agoMs));
  nodeToken.a = (await tokens.issueNodeToken(a)).token;
  nodeToken.b = (await tokens.issueNodeToken(b)).token;
  nodeToken.expired = (await (await past(600_000)).issueNodeToken(a)).token;
  nodeToken.short = (await (await past(297_000)).issueNodeToken(a)).token;
  nodeToken.forged = (await (await issuer()).tokens.issueNodeToken(a)).token;
  nodeToken.user = (await tokens.issueUserToken({ userId: 'o', role: 'operator' })).token;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gateway-hostile-'));
  const [port] = await freePorts(1);
  temporal = await startTestTemporal(inject('tools').temporal, port!);
  const made = await issuer();
  tokens = made.tokens;
  await issueAll(made.jwk);
  gateway = await startGateway(options(0));
  raw = new grpc.Client(`127.0.0.1:${gateway.port}`, grpc.credentials.createInsecure());
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
});

afterAll(async () => {
  raw.close();
  await client.connection.close();
  await gateway.close();
  await temporal.stop();
  rmSync(dir, { recursive: true });
});

/** An activity task for node a, taken from the queue through the gateway, as its sealed token. */
async function takeTask(activityId: string): Promise<Buffer> {
  await client.workflowService.startActivityExecution({
    namespace: 'default',
    identity: 'test',
    requestId: activityId,
    activityId,
    activityType: { name: 'probe' },
    taskQueue: { name: 'node.a' },
    startToCloseTimeout: { seconds: 60 as never },
  });
  const answer = await rawCall(raw, 'PollActivityTaskQueue', pollBody('node.a'), nodeToken.a);
  expect(answer.code).toBe(status.OK);
  return Buffer.from(onlyBytes(answer.body, 1)!);
}

describe('tokens', () => {
  const cases: [string, keyof typeof nodeToken | undefined, grpc.status][] = [
    ['none', undefined, status.UNAUTHENTICATED],
    ['a forged one', 'forged', status.UNAUTHENTICATED],
    ['a user login, even an operator', 'user', status.UNAUTHENTICATED],
    ['an expired one, which can be refreshed', 'expired', status.UNAVAILABLE],
    ['a good one', 'a', status.OK],
  ];
  it.each(cases)('%s', async (_name, which, code) => {
    const token = which === undefined ? undefined : nodeToken[which];
    expect((await rawCall(raw, 'GetSystemInfo', Buffer.alloc(0), token)).code).toBe(code);
  });

  it('a poll is not begun on the last seconds of a token', async () => {
    expect((await rawCall(raw, 'PollActivityTaskQueue', pollBody('node.a'), nodeToken.short)).code).toBe(status.UNAVAILABLE);
  });
});

describe('polls', () => {
  const twoQueues = Buffer.concat([field(1, 'default'), field(2, field(1, 'node.a')), field(2, field(1, 'node.b'))]);
  const twoNames = Buffer.concat([field(1, 'default'), field(2, Buffer.concat([field(1, 'node.b'), field(1, 'node.a')]))]);
  const sticky = Buffer.concat([field(1, 'default'), field(2, Buffer.concat([field(1, 'node.a'), Buffer.from([0x10, 0x02])]))]);
  const cases: [string, Buffer, grpc.status][] = [
    ["another node's queue", pollBody('node.b'), status.PERMISSION_DENIED],
    ['the platform queue', pollBody('platform'), status.PERMISSION_DENIED],
    ['a partition of another queue', pollBody('/_sys/platform/1'), status.PERMISSION_DENIED],
    ['another namespace', pollBody('node.a', 'temporal-system'), status.PERMISSION_DENIED],
    ['no queue', field(1, 'default'), status.PERMISSION_DENIED],
    ['two queues in one request', twoQueues, status.INVALID_ARGUMENT],
    ['two names in one queue', twoNames, status.INVALID_ARGUMENT],
    ['a sticky queue', sticky, status.PERMISSION_DENIED],
    ['rubbish', Buffer.from([0xff, 0xff, 0xff]), status.INVALID_ARGUMENT],
    ['more than a request may hold', Buffer.concat([pollBody('node.a'), field(500, Buffer.alloc(1_100_000))]), status.RESOURCE_EXHAUSTED],
  ];
  it.each(cases)('%s', async (_name, body, code) => {
    expect((await rawCall(raw, 'PollActivityTaskQueue', body, nodeToken.a)).code).toBe(code);
  });
});

describe('task tokens', () => {
  const done = (token: Buffer, namespace = 'default') => Buffer.concat([field(1, token), field(4, namespace)]);

  it('is of no use to another node, nor bent, bare or absent; and still good to its own', async () => {
    const token = await takeTask('sealed');
    const bent = Buffer.from(token);
    bent[bent.length - 1]! ^= 1;
    const call = (body: Buffer, as: 'a' | 'b') => rawCall(raw, 'RespondActivityTaskCompleted', body, nodeToken[as]);
    expect((await call(done(token), 'b')).code).toBe(status.PERMISSION_DENIED);
    expect((await call(done(bent), 'a')).code).toBe(status.PERMISSION_DENIED);
    expect((await call(done(token.subarray(36)), 'a')).code).toBe(status.PERMISSION_DENIED);
    expect((await call(field(4, 'default'), 'a')).code).toBe(status.PERMISSION_DENIED);
    expect((await call(done(token, 'other'), 'a')).code).toBe(status.PERMISSION_DENIED);
    expect((await call(done(token), 'a')).code).toBe(status.OK);
  });

  it('survives a restart of the gateway', async () => {
    const token = await takeTask('restart');
    await gateway.close();
    gateway = await startGateway(options(gateway.port));
    raw.close();
    raw = new grpc.Client(`127.0.0.1:${gateway.port}`, grpc.credentials.createInsecure());
    expect((await rawCall(raw, 'RespondActivityTaskCompleted', done(token), nodeToken.a)).code).toBe(status.OK);
  });
});

describe('what a node says about its task', () => {
  const payloads = (encoding: string, data: string) => field(1, Buffer.concat([field(1, Buffer.concat([field(1, 'encoding'), field(2, encoding)])), field(2, data)]));
  const about = (token: Buffer, value?: Buffer) => Buffer.concat([field(1, token), ...(value === undefined ? [] : [field(2, value)]), field(4, 'default')]);
  const call = (method: string, body: Buffer) => rawCall(raw, method, body, nodeToken.a);

  it('never reaches a workflow that could not read it, and the task is still there for a good answer', async () => {
    const token = await takeTask('unreadable');
    const fakeCancellation = Buffer.concat([field(1, 'x'), field(7, '')]);
    const unreadable = payloads('json/plain', '{not json');
    const refused: [string, Buffer | undefined][] = [
      ['RecordActivityTaskHeartbeat', unreadable],
      ['RespondActivityTaskCompleted', unreadable],
      ['RespondActivityTaskCompleted', payloads('binary/encrypted', 'x')],
      ['RespondActivityTaskCanceled', unreadable],
      ['RespondActivityTaskFailed', fakeCancellation],
      ['RespondActivityTaskFailed', undefined],
    ];
    for (const [method, value] of refused) expect([method, (await call(method, about(token, value))).code]).toEqual([method, status.INVALID_ARGUMENT]);
    expect((await call('RecordActivityTaskHeartbeat', about(token, payloads('json/plain', '{"run":"r"}')))).code).toBe(status.OK);
    expect((await call('RespondActivityTaskCompleted', about(token, payloads('json/plain', '{"reported":true}')))).code).toBe(status.OK);
  });

  it('can not end the offer of a capability queue for everybody else', async () => {
    await client.workflowService.startActivityExecution({
      namespace: 'default',
      identity: 'test',
      requestId: 'offer',
      activityId: 'offer',
      activityType: { name: 'probe' },
      taskQueue: { name: 'train.cpu' },
      startToCloseTimeout: { seconds: 60 as never },
      retryPolicy: { initialInterval: { nanos: 100_000_000 }, maximumAttempts: 5 },
    });
    const take = async (as: 'a' | 'b') => Buffer.from(onlyBytes((await rawCall(raw, 'PollActivityTaskQueue', pollBody('train.cpu'), nodeToken[as])).body, 1) ?? []);
    const info = Buffer.concat([field(1, 'TRAINING_DIVERGED'), Buffer.from([0x10, 0x01]), field(4, Buffer.from([0x08, 0x80, 0xa3, 0x05]))]);
    const failure = Buffer.concat([field(1, 'gone'), field(5, info)]);
    expect((await call('RespondActivityTaskFailed', about(await take('a'), failure))).code).toBe(status.OK);
    const token = await take('b');
    expect((await rawCall(raw, 'RespondActivityTaskCompleted', about(token), nodeToken.b)).code).toBe(status.OK);
  });
});

describe('polls that nobody waits for', () => {
  it('are cancelled at the server, and take no task once that is so', async () => {
    for (let lost = 0; lost < 5; lost += 1) {
      const metadata = new grpc.Metadata();
      metadata.set('authorization', `Bearer ${nodeToken.a}`);
      const asIs = (bytes: Buffer): Buffer => bytes;
      const code = await new Promise((resolve) => {
        const call = raw.makeUnaryRequest(`${SERVICE_PATH}PollActivityTaskQueue`, asIs, asIs, pollBody('node.a'), metadata, { deadline: Date.now() + 60_000 }, (error) => resolve(error?.code));
        setTimeout(() => call.cancel(), 200);
      });
      expect(code).toBe(status.CANCELLED);
    }
    // The cancellation has a hop to go: a task that is given out before it arrives is lost until its time-out.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const askedAtMs = Date.now();
    await takeTask('after-lost-polls');
    expect(Date.now() - askedAtMs).toBeLessThan(2_000);
  });

  it('are bounded for each node, and one node’s flood is not another’s', async () => {
    const flood = Array.from({ length: 40 }, () => rawCall(raw, 'PollActivityTaskQueue', pollBody('node.a'), nodeToken.a, 3_000));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await rawCall(raw, 'GetSystemInfo', Buffer.alloc(0), nodeToken.b)).code).toBe(status.OK);
    const codes = (await Promise.all(flood)).map(({ code }) => code);
    expect(codes.filter((code) => code === status.RESOURCE_EXHAUSTED)).toHaveLength(8);
  });
});

describe('everything else', () => {
  const refused = allMethods.filter((method) => !Object.hasOwn(METHODS, method));

  it('allows nine methods and refuses every other one that Temporal has', async () => {
    expect(allMethods.length - refused.length).toBe(9);
    for (const method of refused) {
      expect([method, (await rawCall(raw, method, Buffer.alloc(0), nodeToken.a)).code]).toEqual([method, status.PERMISSION_DENIED]);
    }
  });

  it('shows only capabilities that the platform offers', async () => {
    const { body } = await rawCall(raw, 'GetSystemInfo', Buffer.alloc(0), nodeToken.a);
    const numbers = fieldsOf(onlyBytes(body, 2)!).map((entry) => entry.number);
    expect(numbers.filter((number) => ![2, 3, 5, 9].includes(number))).toEqual([]);
  });

  it('says only that Temporal is away when it is', async () => {
    const [port] = await freePorts(1);
    const away = await startGateway({ ...options(0), upstream: { address: `127.0.0.1:${port}`, namespace: 'default' } });
    const lost = new grpc.Client(`127.0.0.1:${away.port}`, grpc.credentials.createInsecure());
    const answer = await rawCall(lost, 'GetSystemInfo', Buffer.alloc(0), nodeToken.a);
    const reached = await away.reachTemporal().then(() => 'reached', (error: grpc.ServiceError) => error.code);
    lost.close();
    await away.close();
    expect(answer).toMatchObject({ code: status.UNAVAILABLE, details: 'Temporal does not answer' });
    expect(reached).toBe(status.UNAVAILABLE);
    await expect(gateway.reachTemporal()).resolves.toBeUndefined();
  });

  it('speaks TLS 1.3 with a certificate and refuses 1.2', async () => {
    const [keyFile, certFile] = [join(dir, 'tls.key'), join(dir, 'tls.crt')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile, '-out', certFile, ...subject], { stdio: 'ignore' });
    const secure = await startGateway({ ...options(0), listenerTls: { certFile, keyFile } });
    const over = new grpc.Client(`localhost:${secure.port}`, grpc.credentials.createSsl(readFileSync(certFile)));
    const answer = await rawCall(over, 'GetSystemInfo', Buffer.alloc(0), nodeToken.a);
    const handshake = (version: 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: '127.0.0.1', port: secure.port, rejectUnauthorized: false, minVersion: version, maxVersion: version, ALPNProtocols: ['h2'] });
        socket.once('secureConnect', () => resolve(socket.getProtocol() ?? 'none'));
        socket.once('error', () => resolve('refused'));
      }).then((outcome) => outcome);
    const outcomes = [await handshake('TLSv1.2'), await handshake('TLSv1.3')];
    over.close();
    await secure.close();
    expect(answer.code).toBe(status.OK);
    expect(outcomes).toEqual(['refused', 'TLSv1.3']);
  });
});
