import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform, type Answer } from '#api/testing/account-platform';
import { SUBSCRIPTIONS } from '#core/identity/subscriptions';
import { createHttpApp } from './app.ts';
import type { HttpApp } from './context.ts';

let platform: AccountPlatform;
/** Another process, so to say: with counts of its own, reached from any address. */
let app: HttpApp;

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  app = createHttpApp(platform.services, { log: quiet });
}, 60_000);
afterAll(() => platform.close());

async function signUp(): Promise<{ token: string; userId: string }> {
  const { json } = await platform.call('POST', '/api/auth/register', { body: newPerson() });
  return { token: json['token'] as string, userId: (json['user'] as { id: string }).id };
}
const ask = async (path: string, { from, token }: { from: string; token?: string }): Promise<Response> =>
  app.request(path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }, { incoming: { socket: { remoteAddress: from } } });

/** Asks so often, some at a time, and gives the last answer. */
async function askOften(times: number, once: () => Promise<Response>): Promise<Response> {
  let last: Response | undefined;
  for (let done = 0; done < times; done += 50) {
    const answers = await Promise.all(Array.from({ length: Math.min(50, times - done) }, once));
    last = answers[answers.length - 1];
  }
  return last!;
}

describe('every answer of the API', () => {
  it('says what the caller’s limits are and how they stand', async () => {
    const { token } = await signUp();
    const answer = await platform.call('GET', '/api/auth/me', { token });
    expect(answer.headers.get('ratelimit-policy')).toBe('"loopback";q=30000;w=60, "free";q=1200;w=60');
    expect(answer.headers.get('ratelimit')).toMatch(/^"loopback";r=299\d\d;t=\d+, "free";r=1199;t=60$/);
    const stranger = await platform.call('GET', '/api/auth/me');
    expect([stranger.status, stranger.headers.get('ratelimit-policy')]).toEqual([401, '"loopback";q=30000;w=60']);
  });
});

describe('who asks too often', () => {
  const limit = SUBSCRIPTIONS.free.requestsPerMinute;

  it('is refused by account, wherever they ask from, and told when to come back', async () => {
    const { token, userId } = await signUp();
    const other = await signUp();
    let address = 0;
    const from = (): string => `203.0.113.${(address += 1) % 250}`;
    expect((await askOften(limit, () => ask('/api/auth/me', { from: from(), token }))).status).toBe(200);
    const refused = await ask('/api/auth/me', { from: from(), token });
    const waitSeconds = Number(refused.headers.get('retry-after'));
    expect(refused.status).toBe(429);
    expect(waitSeconds).toBeGreaterThan(0);
    expect(waitSeconds).toBeLessThanOrEqual(60);
    expect(refused.headers.get('ratelimit')).toContain(`"free";r=0;t=${waitSeconds}`);
    expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', facts: { policy: 'free' } });
    expect((await ask('/api/auth/me', { from: from(), token: other.token })).status).toBe(200);

    // The same person with a larger subscription goes on at once, and without another login.
    const { token: operator } = await platform.deps.tokens.issueUserToken({ userId: 'platform-operator', role: 'operator' });
    const give = (to: string, body: object, by = operator) => platform.call('PUT', `/api/users/${to}/subscription`, { token: by, body });
    expect(await give(userId, { subscription: 'pro' }, other.token)).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await give(userId, { subscription: 'gold' })).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT' } });
    expect(await give('nobody', { subscription: 'pro' })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    expect(await give(userId, { subscription: 'pro' })).toMatchObject({ status: 200, json: { id: userId, subscription: 'pro' } });
    const now = await ask('/api/auth/me', { from: from(), token });
    expect([now.status, await now.json()]).toMatchObject([200, { subscription: 'pro' }]);
    expect(now.headers.get('ratelimit-policy')).toContain(`"pro";q=${SUBSCRIPTIONS.pro.requestsPerMinute};w=60`);
    expect(await give(userId, { subscription: 'free' })).toMatchObject({ status: 200 });
    expect((await ask('/api/auth/me', { from: from(), token })).headers.get('ratelimit-policy')).toContain('"free"');
  }, 60_000);

  it('is refused by address where nobody has logged in, an IPv6 network as one', async () => {
    let host = 0;
    const once = () => ask('/api/nothing', { from: `2001:db8:7::${(host += 1).toString(16)}` });
    expect((await askOften(3_000, once)).status).toBe(404);
    expect((await once()).status).toBe(429);
    expect((await ask('/api/nothing', { from: '2001:db8:7:1::1' })).status).toBe(404);
    // A wrong token is worth no more than none.
    expect((await ask('/api/auth/me', { from: '2001:db8:7::1', token: 'made up' })).status).toBe(429);
  }, 60_000);

  it('is refused by machine, and its owner is not', async () => {
    const { token, userId } = await signUp();
    const hardware = { cpus: [{ name: 'Test CPU', cores: 2, threads: 4 }], gpus: [], ram_total_mb: 16_000 };
    const { json } = await platform.call('POST', '/api/machines/register', { token, body: { owner_id: userId, hostname: 'h', os: 'linux', hardware } });
    const beat = (): Promise<Answer> => platform.call('POST', `/api/machines/${json['machine_id'] as string}/heartbeat`, { token: json['api_key'] as string });
    for (let beats = 0; beats < 120; beats++) expect((await beat()).status).toBe(200);
    expect(await beat()).toMatchObject({ status: 429, json: { facts: { policy: 'machine' } } });
    expect((await platform.call('GET', '/api/auth/me', { token })).status).toBe(200);
  }, 60_000);
});
