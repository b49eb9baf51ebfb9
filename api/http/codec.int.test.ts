import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { newPayloadKey, openPayloadKeyring } from '#temporal/codec/keyring';
import { createPayloadCodec } from '#temporal/codec/payload-codec';
import '#scripts/test/provided';
import { createHttpApp } from './app.ts';
import { startHttpServer, type HttpServer } from './server.ts';

const WEB = 'http://127.0.0.1:8233';
const OTHER = 'http://127.0.0.1:9999';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const plain = { metadata: { encoding: base64('json/plain') }, data: base64('{"jobId":"job-1"}') };

let platform: AccountPlatform;
let server: HttpServer;
let folder: string;
let operator: string;
let somebody: string;

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
  folder = mkdtempSync(join(tmpdir(), 'codec-'));
  const { id, secret } = newPayloadKey();
  const file = join(folder, 'payload-codec.json');
  writeFileSync(file, JSON.stringify({ active: id, keys: { [id]: secret } }));
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const codec = { payloads: createPayloadCodec(openPayloadKeyring(file)), temporalUiUrl: `${WEB}/` };
  server = await startHttpServer({ app: createHttpApp(platform.services, { log: quiet, codec }), host: '127.0.0.1', port: 0 });
  operator = (await platform.deps.tokens.issueUserToken({ userId: 'platform-operator', role: 'operator' })).token;
  somebody = (await platform.deps.tokens.issueUserToken({ userId: 'u', role: 'user' })).token;
}, 60_000);
afterAll(async () => {
  await server.close();
  await platform.close();
  rmSync(folder, { recursive: true });
});

function call(path: string, { method = 'POST', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string | URLSearchParams } = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/api/codec/${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
}
const payloads = (path: string, headers: Record<string, string>, list: readonly object[] = [plain]) =>
  call(path, { headers: { 'content-type': 'application/json', origin: WEB, ...headers }, body: JSON.stringify({ payloads: list }) });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the codec endpoint', () => {
  it('encrypts and decrypts for an operator, as Temporal’s CLI asks', async () => {
    const encoded = await payloads('encode', bearer(operator));
    expect(encoded.status).toBe(200);
    const { payloads: sealed } = (await encoded.json()) as { payloads: (typeof plain)[] };
    expect(sealed[0]?.metadata).toMatchObject({ encoding: base64('binary/encrypted') });
    const decoded = await payloads('decode', bearer(operator), [...sealed, plain]);
    expect(await decoded.json()).toEqual({ payloads: [plain, plain] });
    expect(decoded.headers.get('cache-control')).toBe('no-store');
  });

  it.each<[string, () => Record<string, string>, number]>([
    ['nobody', () => ({}), 401],
    ['a user', () => bearer(somebody), 403],
    ['a forged token', () => bearer(`${operator.slice(0, -4)}AAAA`), 401],
    ['a cookie with a user’s token', () => ({ cookie: `cyxwiz_operator=${somebody}` }), 403],
    ['a cookie with no token', () => ({ cookie: 'cyxwiz_operator=x' }), 401],
  ])('does nothing for %s', async (_who, headers, status) => {
    const answer = await payloads('decode', headers());
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('job-1');
  });

  it('takes the browser session of an operator’s account, and of nobody else', async () => {
    const user = await platform.services.accounts.register(newPerson());
    const { cookie } = await platform.services.sessions.create(user.id);
    const session = { cookie: cookie.split(';')[0] ?? '' };
    expect((await payloads('decode', session)).status).toBe(403);
    await platform.mongo.users.updateOne({ _id: user.id }, { $set: { role: 'operator' } });
    expect((await payloads('decode', session)).status).toBe(200);
  });

  it('lets Temporal Web’s origin call with its credentials, in refusals too, and no other one', async () => {
    const preflight = (origin: string) => call('decode', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-namespace' } });
    const allowed = await preflight(WEB);
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries([...allowed.headers].filter(([name]) => name.startsWith('access-control')))).toEqual({
      'access-control-allow-origin': WEB,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,authorization,x-namespace',
      'access-control-max-age': '600',
    });
    expect((await preflight(OTHER)).headers.get('access-control-allow-origin')).toBeNull();
    expect((await payloads('decode', {})).headers.get('access-control-allow-origin')).toBe(WEB);
    expect((await payloads('decode', { ...bearer(operator), origin: OTHER })).headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each<[string, number, string]>([
    ['no list', 400, '{}'],
    ['data that is no base64', 400, JSON.stringify({ payloads: [{ ...plain, data: '<' }] })],
    ['too many payloads', 400, JSON.stringify({ payloads: Array.from({ length: 1_001 }, () => ({})) })],
    ['too many bytes', 413, JSON.stringify({ payloads: [{ data: 'A'.repeat(1024 * 1024) }] })],
  ])('refuses %s', async (_what, status, body) => {
    expect((await call('decode', { headers: { 'content-type': 'application/json', ...bearer(operator) }, body })).status).toBe(status);
  });
});

describe('the operator’s login', () => {
  const login = (token: string) => call('login', { body: new URLSearchParams({ token }) });

  it('gives an operator’s browser a cookie for this endpoint alone', async () => {
    const answer = await login(` ${operator}\n`);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect([answer.status, cookie]).toEqual([200, `cyxwiz_operator=${operator}; Path=/api/codec; HttpOnly; SameSite=Strict`]);
    expect((await payloads('decode', { cookie: cookie.split(';')[0] ?? '' })).status).toBe(200);
  });

  it.each([['a user', () => somebody], ['nobody', () => ''], ['a stranger', () => 'x.y.z']])('gives %s none, and repeats no token', async (_who, token) => {
    const answer = await login(token());
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
    if (token() !== '') expect(await answer.text()).not.toContain(token());
  });

  it('is a page without scripts', async () => {
    const answer = await call('login', { method: 'GET' });
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await answer.text()).not.toContain('<script');
  });
});
