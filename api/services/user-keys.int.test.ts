import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { hashApiKey } from '#api/auth/api-keys';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';

let platform: AccountPlatform;
beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
}, 60_000);
afterAll(() => platform.close());

async function newUser() {
  const person = newPerson();
  const { json } = await platform.call('POST', '/api/auth/register', { body: person });
  return { ...person, token: String(json['token']), id: String((json['user'] as { id: string }).id) };
}
const newKey = async (token: string, scopes: string[], days: number | null = 90) =>
  (await platform.call('POST', '/api/api-keys', { token, body: { name: 'CI', scopes, expires_in_days: days } })).json as { api_key: string; key_id: string; start: string };
const byKey = (key: string) => platform.call('POST', '/api/auth/login', { body: { api_key: key } });

describe('an API key', () => {
  it('logs a program in; it is shown once and kept as its SHA-256', async () => {
    const user = await newUser();
    const made = await newKey(user.token, ['read']);
    expect(made.api_key).toMatch(/^cyx_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/);
    const login = await byKey(made.api_key);
    expect(login.status).toBe(200);
    expect((await platform.call('GET', '/api/auth/me', { token: String(login.json['token']) })).json['username']).toBe(user.username);

    const listed = (await platform.call('GET', '/api/api-keys', { token: user.token })).json['api_keys'] as Record<string, unknown>[];
    expect(listed[0]).toMatchObject({ key_id: made.key_id, name: 'CI', scopes: ['read'], start: made.api_key.slice(0, 12) });
    expect(listed[0]?.['last_used_at']).not.toBeNull();
    expect(JSON.stringify(listed)).not.toContain(made.api_key);
    const stored = await platform.mongo.apiKeys.findOne({ _id: hashApiKey(made.api_key) });
    expect(JSON.stringify(stored)).not.toContain(made.api_key);
    expect((await platform.mongo.users.findOne({ _id: user.id }))?.apiKeys).toEqual([made.key_id]);
  });

  it('stands by its id in the profile, until it is revoked', async () => {
    const user = await newUser();
    const profile = async (path: string) => (await platform.call('GET', path, { token: user.token })).json['apiKeys'];
    expect(await profile('/api/auth/me')).toEqual([]);
    const [first, second] = [await newKey(user.token, ['read']), await newKey(user.token, ['jobs'])];
    for (const path of ['/api/auth/me', `/api/users/${user.id}`]) expect(await profile(path)).toEqual([first.key_id, second.key_id]);
    expect((await platform.call('DELETE', `/api/api-keys/${first.key_id}`, { token: user.token })).status).toBe(204);
    expect(await profile('/api/auth/me')).toEqual([second.key_id]);
  });

  it('opens only what its scopes say, over every use case', async () => {
    const user = await newUser();
    const { api_key: key } = await newKey(user.token, ['read']);
    const token = String((await byKey(key)).json['token']);
    const call = async (method: string, path: string, body?: unknown) => (await platform.call(method, path, { token, body })).status;
    expect(await call('GET', '/api/jobs')).toBe(200);
    expect(await call('POST', '/api/machines/register', { owner_id: user.id, hostname: 'h', os: 'linux', hardware: { cpus: [{ name: 'cpu', cores: 1, threads: 1 }], gpus: [], ram_total_mb: 1 } })).toBe(403);
    // What is the person's own: a key makes no keys, takes no sessions and changes no login.
    expect(await call('POST', '/api/api-keys', { name: 'more', scopes: ['jobs'] })).toBe(403);
    expect(await call('GET', '/api/auth/sessions')).toBe(403);
    expect(await call('PUT', '/api/auth/password', { current: user.password, password: 'a new password then' })).toBe(403);
    expect(await call('POST', '/api/auth/wallet/link-nonce')).toBe(403);
  });

  it('that was revoked, has expired, is mistyped or somebody else’s opens nothing; its tokens end with it', async () => {
    const [user, other] = [await newUser(), await newUser()];
    const made = await newKey(user.token, ['read']);
    const token = String((await byKey(made.api_key)).json['token']);
    expect((await platform.call('DELETE', `/api/api-keys/${made.key_id}`, { token: other.token })).status).toBe(404);
    expect((await platform.call('DELETE', `/api/api-keys/${made.key_id}`, { token: user.token })).status).toBe(204);
    expect((await byKey(made.api_key)).json['code']).toBe('BAD_CREDENTIALS');
    expect((await platform.call('GET', '/api/jobs', { token })).json['code']).toBe('UNAUTHENTICATED');

    const late = await newKey(user.token, ['read'], 1);
    await platform.mongo.apiKeys.updateOne({ _id: hashApiKey(late.api_key) }, { $set: { expiresAt: new Date(Date.now() - 1) } as never });
    expect((await byKey(late.api_key)).json['detail']).toMatch(/expired/);
    const mistyped = `${late.api_key.slice(0, -1)}${late.api_key.endsWith('0') ? '1' : '0'}`;
    expect((await byKey(mistyped)).json['detail']).toMatch(/cut off/);
  });

  it('is no way around the form of a login', async () => {
    for (const body of [{ api_key: 'x', login: 'y', password: 'z' }, { login: 'y' }, { api_key: 'x', password: 'z' }, {}]) {
      expect((await platform.call('POST', '/api/auth/login', { body })).status, JSON.stringify(body)).toBe(400);
    }
  });

  it('of a machine is none of a person', async () => {
    const user = await newUser();
    const body = { owner_id: user.id, hostname: 'h', os: 'linux', hardware: { cpus: [{ name: 'c', cores: 1, threads: 1 }], gpus: [], ram_total_mb: 1 } };
    const machine = (await platform.call('POST', '/api/machines/register', { token: user.token, body })).json;
    expect((await byKey(String(machine['api_key']))).status).toBe(401);
    const own = await newKey(user.token, ['machines']);
    expect((await platform.call('POST', `/api/machines/${String(machine['machine_id'])}/heartbeat`, { token: own.api_key })).status).toBe(401);
  });
});

describe('sessions', () => {
  it('are listed without what opens them, and end one by one, for their owner alone', async () => {
    const [user, other] = [await newUser(), await newUser()];
    const { services } = platform;
    const first = await services.sessions.create(user.id, { userAgent: 'Firefox', address: '127.0.0.1' });
    const second = await services.sessions.create(user.id);
    const actor = { userId: user.id, role: 'user' } as const;
    const listed = await services.sessions.list(actor, second.sessionId);
    expect(listed).toHaveLength(2);
    expect(listed.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
    expect(JSON.stringify(listed)).not.toContain(first.sessionId);
    const firefox = listed.find(({ userAgent }) => userAgent === 'Firefox')!;
    expect((await platform.call('DELETE', `/api/auth/sessions/${firefox.handle}`, { token: other.token })).status).toBe(404);
    expect(await services.sessions.validate(first.cookie.split(';')[0]!)).not.toBeNull();
    expect((await platform.call('DELETE', `/api/auth/sessions/${firefox.handle}`, { token: user.token })).status).toBe(204);
    expect(await services.sessions.validate(first.cookie.split(';')[0]!)).toBeNull();
    expect(await services.sessions.validate(second.cookie.split(';')[0]!)).not.toBeNull();
  });
});

describe('roles', () => {
  it('are given by operators alone, and take effect for whoever is logged in', async () => {
    const user = await newUser();
    const path = `/api/users/${user.id}/role`;
    expect((await platform.call('PUT', path, { token: user.token, body: { role: 'operator' } })).status).toBe(403);
    const { token: operator } = await platform.deps.tokens.issueUserToken({ userId: 'platform-operator', role: 'operator' });
    const session = await platform.services.sessions.create(user.id);
    expect((await platform.call('PUT', path, { token: operator, body: { role: 'operator' } })).json['role']).toBe('operator');
    expect(await platform.services.sessions.validate(session.cookie.split(';')[0]!)).toBeNull();
    expect((await platform.call('GET', '/api/auth/me', { token: user.token })).status).toBe(401);
    // A token that was issued to an operator is no operator's once the role is gone.
    const { json } = await platform.call('POST', '/api/auth/login', { body: { login: user.username, password: user.password } });
    expect((await platform.call('GET', `/api/users/${user.id}`, { token: String(json['token']) })).json['role']).toBe('operator');
    await platform.mongo.users.updateOne({ _id: user.id }, { $set: { role: 'user' } });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await platform.call('PUT', path, { token: String(json['token']), body: { role: 'operator' } })).status).toBe(403);
  });
});
