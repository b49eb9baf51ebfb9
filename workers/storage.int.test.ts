import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTokens, type Tokens } from '#api/auth/tokens';
import { CyxCloudClient } from '#cyxcloud/client/client';
import { freePortsEnv } from '#scripts/stack/free-ports';
import { ensureSecrets } from '#scripts/stack/secrets';

let home: string;
let child: ChildProcess;
let url: string;
let tokens: Tokens;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'storage-worker-'));
  const { jwt } = await ensureSecrets(join(home, 'keys'));
  tokens = await createTokens(JSON.parse(readFileSync(jwt, 'utf8')) as JWK);
  const script = fileURLToPath(new URL('./storage.ts', import.meta.url));
  const env = { ...(await freePortsEnv()), NODE_ENV: 'test' as const, CYXWIZ_HOME: home };
  child = spawn(process.execPath, ['--import', 'tsx', script], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  url = await new Promise((resolve) => {
    createInterface({ input: child.stdout! }).once('line', (line) => resolve((JSON.parse(line) as { url: string }).url));
  });
});
afterAll(async () => {
  child.kill('SIGTERM');
  await rm(home, { recursive: true, force: true });
});

const clientOf = (token: string): CyxCloudClient => new CyxCloudClient({ baseUrl: url, token: () => Promise.resolve(token) });

it('knows people, nodes and the platform by their tokens', async () => {
  const { token: alice } = await tokens.issueUserToken({ userId: 'user-alice', role: 'user' });
  const { token: operator } = await tokens.issueUserToken({ userId: 'user-olga', role: 'operator' });
  const { token: platform } = await tokens.issueUserToken({ userId: 'platform-worker', role: 'operator' });
  const { token: node } = await tokens.issueNodeToken({ nodeId: 'node-1', ownerId: 'user-bob', machineId: 'machine-1', queues: [] });
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const { cid, key } = await clientOf(alice).put(bytes);
  for (const token of [alice, operator, platform, node]) expect(await clientOf(token).getBytes(cid, key)).toEqual(bytes);
  for (const token of [node, operator]) await expect(clientOf(token).delete(cid)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const model = await clientOf(node).put(bytes);
  await expect(clientOf(node).delete(model.cid)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await clientOf(alice).getBytes(model.cid, model.key)).toEqual(bytes);
  await clientOf(platform).delete(cid);
  await expect(clientOf(alice).head(cid)).rejects.toMatchObject({ code: 'NOT_FOUND' });
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
