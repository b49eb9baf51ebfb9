import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTokens, type Tokens } from '#api/auth/tokens';
import { parseConfig } from '#core/config/config';
import { CyxCloudClient } from '#cyxcloud/client/client';
import { markAssigned, openAttempt, recordClaim } from '#db/postgres/attempts';
import { recordCheckpoint } from '#db/postgres/checkpoints';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import { insertJob } from '#db/postgres/jobs';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { freePortsEnv } from '#scripts/stack/free-ports';
import { ensureSecrets } from '#scripts/stack/secrets';

let home: string;
let child: ChildProcess;
let url: string;
let tokens: Tokens;
let postgres: Postgres;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'storage-worker-'));
  const { jwt } = await ensureSecrets(join(home, 'keys'));
  tokens = await createTokens(JSON.parse(readFileSync(jwt, 'utf8')) as JWK);
  const script = fileURLToPath(new URL('./storage.ts', import.meta.url));
  const { databaseUrl } = parseConfig(inject('stackEnv'));
  postgres = connectPostgres({ url: databaseUrl, onError: () => undefined });
  await migrate(postgres);
  const env = { ...(await freePortsEnv()), NODE_ENV: 'test' as const, CYXWIZ_HOME: home, DATABASE_URL: databaseUrl };
  child = spawn(process.execPath, ['--import', 'tsx', script], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  url = await new Promise((resolve) => {
    createInterface({ input: child.stdout! }).once('line', (line) => resolve((JSON.parse(line) as { url: string }).url));
  });
});
afterAll(async () => {
  child.kill('SIGTERM');
  await postgres.close();
  await rm(home, { recursive: true, force: true });
});

const clientOf = (token: string): CyxCloudClient => new CyxCloudClient({ baseUrl: url, token: () => Promise.resolve(token) });

const tokenOf = async (userId: string, role: 'user' | 'operator' = 'user'): Promise<string> => (await tokens.issueUserToken({ userId, role })).token;
const nodeTokenOf = async (nodeId: string): Promise<string> => (await tokens.issueNodeToken({ nodeId, ownerId: 'user-bob', machineId: 'machine-1', queues: [] })).token;
const bytes = (): Uint8Array => crypto.getRandomValues(new Uint8Array(60_000));

it('knows people, nodes and the platform by their tokens', async () => {
  const [alice, bob, operator, platform, node] = await Promise.all([tokenOf('user-alice'), tokenOf('user-bob'), tokenOf('user-olga', 'operator'), tokenOf('platform-worker', 'operator'), nodeTokenOf(randomUUID())]);
  const data = bytes();
  const { cid, key } = await clientOf(alice).put(data);
  for (const token of [alice, operator, platform]) expect(await clientOf(token).getBytes(cid, key)).toEqual(data);
  for (const token of [bob, node]) {
    await expect(clientOf(token).getBytes(cid, key)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(clientOf(token).head(cid)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  for (const token of [node, operator]) await expect(clientOf(token).delete(cid)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await clientOf(platform).delete(cid);
  await expect(clientOf(alice).head(cid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('gives a node what its lease is about, for as long as the lease lasts', async () => {
  const [nodeId, jobId, userId] = [randomUUID(), randomUUID(), randomUUID()];
  const [alice, node, otherNode] = await Promise.all([tokenOf(userId), nodeTokenOf(nodeId), nodeTokenOf(randomUUID())]);
  const [dataset, heldOut] = [await clientOf(alice).put(bytes()), await clientOf(alice).put(bytes())];
  const facts = { workflowId: `job-${jobId}`, graphJson: '{}', datasetCid: dataset.cid, hyperParameters: {}, deviceClass: 'cpu', deadlineMs: 60_000, deadlineAt: new Date(Date.now() + 60_000) };
  await insertJob(postgres.db, { id: jobId, userId, requestId: jobId, ...facts, quoteId: randomUUID(), specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n, requesterAddress: 'a', modelKeyWrapped: 'v1.x' });
  const attempt = { jobId, attempt: 1, nodeId };
  const read = (token: string, cid: string) => clientOf(token).head(cid).then(() => 'read', (error: { code: string }) => error.code);
  const put = (token: string) => clientOf(token).put(bytes());

  await openAttempt(postgres.db, attempt);
  await recordClaim(postgres.db, attempt);
  // Claimed, but not assigned: it may still become another's.
  expect(await read(node, dataset.cid)).toBe('FORBIDDEN');
  await expect(put(node)).rejects.toMatchObject({ code: 'FENCED' });

  await markAssigned(postgres.db, attempt);
  const checkpoint = await put(node);
  expect(await read(node, checkpoint.cid)).toBe('FORBIDDEN');
  await recordCheckpoint(postgres.db, { jobId, attempt: 1, step: 1, cid: checkpoint.cid, sizeBytes: 1, isLink: true, stateHash: new Uint8Array(32), epoch: 1, batch: 1, meanLoss: 1, chain: new Uint8Array(32) });
  expect([await read(node, dataset.cid), await read(node, checkpoint.cid), await read(node, heldOut.cid)]).toEqual(['read', 'read', 'FORBIDDEN']);
  expect([await read(otherNode, dataset.cid), await read(otherNode, checkpoint.cid)]).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  await expect(put(otherNode)).rejects.toMatchObject({ code: 'FENCED' });

  await closeWithOutcome(postgres.db, { jobId, attempt: 1, outcome: 'released' });
  expect([await read(node, dataset.cid), await read(node, checkpoint.cid)]).toEqual(['FENCED', 'FENCED']);
  await expect(put(node)).rejects.toMatchObject({ code: 'FENCED' });
  expect(await read(alice, checkpoint.cid)).toBe('FORBIDDEN');
});

it('refuses tokens that are expired or somebody else’s', async () => {
  const jwk = JSON.parse(readFileSync(join(home, 'keys/jwt.json'), 'utf8')) as JWK;
  const longAgo = await createTokens(jwk, () => new Date('2020-01-01'));
  const { token: expired } = await longAgo.issueUserToken({ userId: 'user-alice', role: 'user' });
  const cid = 'bafybeibyqyrkx66boqbutl5oktknecxgnl43cipcls3knonfmi727rdtnu';
  await expect(clientOf(expired).head(cid)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  await expect(clientOf('not.a.token').head(cid)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

it('stops cleanly when asked to', async () => {
  const code = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  expect(await code).toBe(0);
});
