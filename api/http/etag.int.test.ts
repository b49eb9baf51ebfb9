import { Keypair } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { completedJob, newNode, storedDataset, STORED_CID } from '#api/testing/owned-things';
import { insertWallet } from '#db/postgres/wallets';

/** Not to be kept anywhere, or streams, or true at their moment only. Every other read has an ETag. */
const WITHOUT_TAG = [
  'GET /api/datasets/{cid}/key',
  'GET /api/jobs/{id}/events',
  'GET /api/jobs/{id}/model',
  'GET /api/jobs/{id}/receipt',
  'GET /api/ops/audit',
  'GET /api/users/{id}/export',
  'GET /healthz',
  'GET /readyz',
];

let platform: AccountPlatform;
let token: string;
/** Of what the person has whose token this is, by the path's part in front of it. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
  const { json } = await platform.call('POST', '/api/auth/register', { body: newPerson() });
  const { id: userId } = json['user'] as { id: string };
  await platform.mongo.users.updateOne({ _id: userId }, { $set: { role: 'operator' } });
  await insertWallet(platform.deps.postgres.db, { userId, address: Keypair.generate().publicKey.toBase58(), kind: 'linked', secretWrapped: null });
  await storedDataset(platform.deps, userId);
  const jobId = await completedJob(platform.deps, userId);
  ids = { users: userId, datasets: STORED_CID, jobs: jobId, models: jobId, nodes: await newNode(platform.deps, userId, 'machine-of-nobody') };
  token = (await platform.services.tokens.issueUserToken(await platform.services.accounts.get({ userId, role: 'operator' }, userId))).token;
}, 120_000);
afterAll(() => platform.close());

async function describedReads(): Promise<string[]> {
  const { paths } = (await (await fetch(`${platform.url}/api/openapi.json`)).json()) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  const filled = path.replace(/([\w-]+)\/\{\w+\}/, (_whole, things: string) => `${things}/${ids[things] ?? ''}`);
  return fetch(platform.url + filled, { method, headers: { authorization: `Bearer ${token}`, ...headers } });
}

describe('every read that the interface describes', () => {
  it('has an ETag, and is not sent again to who has it, unless it must not be kept', async () => {
    const without: string[] = [];
    for (const path of await describedReads()) {
      const first = await ask(path);
      await first.text();
      expect([path, first.status]).toEqual([path, 200]);
      const etag = first.headers.get('etag');
      if (etag === null) {
        without.push(`GET ${path}`);
        continue;
      }
      const again = await ask(path, { 'if-none-match': etag, 'x-request-id': 'another-one' });
      expect([path, again.status, await again.text()]).toEqual([path, 304, '']);
      expect([path, again.headers.get('etag')]).toEqual([path, etag]);
      expect([path, again.headers.get('x-request-id')]).toEqual([path, 'another-one']);
      const kept = path === '/.well-known/jwks.json' ? 'public, max-age=300' : 'private, no-cache';
      for (const answer of [first, again]) expect([path, answer.headers.get('cache-control')]).toEqual([path, kept]);
    }
    expect(without.sort()).toEqual(WITHOUT_TAG);
  });
});

describe('a read with an ETag', () => {
  it('is answered the same way to HEAD, with the caller’s limits, and whatever else they have', async () => {
    const head = await ask('/api/auth/me', {}, 'HEAD');
    const etag = head.headers.get('etag')!;
    expect([head.status, etag]).toEqual([200, (await ask('/api/auth/me')).headers.get('etag')]);
    for (const method of ['HEAD', 'GET']) {
      const answer = await ask('/api/auth/me', { 'if-none-match': `"of something else", W/${etag}` }, method);
      expect([method, answer.status]).toEqual([method, 304]);
      expect(answer.headers.get('ratelimit')).toContain('"free";r=');
      expect(answer.headers.get('content-type')).toBeNull();
    }
  });

  it('is sent anew once it has changed', async () => {
    const before = (await ask('/api/api-keys')).headers.get('etag')!;
    await platform.services.apiKeys.create({ userId: ids['users']!, role: 'operator' }, { name: 'k', scopes: ['read'], expiresInDays: null });
    const after = await ask('/api/api-keys', { 'if-none-match': before });
    expect(after.status).toBe(200);
    expect(await after.json()).toMatchObject({ api_keys: [{ name: 'k' }] });
    expect(after.headers.get('etag')).not.toBe(before);
  });

  it('is refused all the same to who may not read it', async () => {
    const etag = (await ask('/api/auth/me')).headers.get('etag')!;
    const stranger = await fetch(`${platform.url}/api/auth/me`, { headers: { 'if-none-match': etag } });
    expect([stranger.status, stranger.headers.get('etag'), stranger.headers.get('cache-control')]).toEqual([401, null, 'no-store']);
  });
});
