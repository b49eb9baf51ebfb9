import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importJWK, SignJWT, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform, type Answer } from '#api/testing/account-platform';
import { parseConfig } from '#core/config/config';

/*
 * What is tried over HTTP against any caller or body. Who may touch whose ids is the table of authorisation.int.test.ts;
 * nonces are in wallet-login.int.test.ts, OAuth's state in oauth.int.test.ts, guessing passwords in hostile-input.int.test.ts
 * and credentials.test.ts, and what needs a browser in web/e2e/attacks.e2e.test.ts.
 */
let platform: AccountPlatform;
let person: ReturnType<typeof newPerson>;
let token: string;
let userId: string;

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
  person = newPerson();
  const { json } = await platform.call('POST', '/api/auth/register', { body: person });
  [token, userId] = [json['token'] as string, (json['user'] as { id: string }).id];
}, 60_000);
afterAll(() => platform.close());

const codeOf = ({ status, json }: Answer): string => `${status} ${String(json['code'])}`;
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

describe('a token', () => {
  const key = JSON.parse(readFileSync(join(parseConfig(inject('stackEnv')).keysDir, 'jwt.json'), 'utf8')) as JWK | JWK[];
  const signing = (Array.isArray(key) ? key[0] : key)!;
  const claims = () => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
  const now = Math.floor(Date.now() / 1_000);

  /** With the platform's own key, as nobody outside could: so that only the claim itself can be what is refused. */
  const signed = async (change: object): Promise<string> => new SignJWT({ ...claims(), ...change }).setProtectedHeader({ alg: 'EdDSA', kid: signing.kid! }).sign(await importJWK(signing, 'EdDSA'));
  const hmac = async (secret: string): Promise<string> => new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: signing.kid! }).sign(new TextEncoder().encode(secret));

  it('signed so is good where nothing is changed', async () => {
    expect((await platform.call('GET', '/api/wallet', { token: await signed({}) })).status).not.toBe(401);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['of no algorithm', () => `${encode({ alg: 'none', kid: signing.kid })}.${token.split('.')[1]}.`],
    ['of no algorithm, with the old signature', () => `${encode({ alg: 'none', kid: signing.kid })}.${token.split('.').slice(1).join('.')}`],
    ['signed with our public key as a secret', () => hmac(signing.x!.padEnd(32, '='))],
    ['signed with our published key set as a secret', async () => hmac(await (await fetch(`${platform.url}/.well-known/jwks.json`)).text())],
    ['that brings its own key', async () => {
      const { d: _secret, ...jwk } = signing;
      return `${encode({ alg: 'EdDSA', jwk })}.${token.split('.').slice(1).join('.')}`;
    }],
    ['that has expired', () => signed({ exp: now - 60 })],
    ['that never expires', () => signed({ exp: undefined })],
    ['for another audience', () => signed({ aud: 'somebody-else' })],
    ['for nodes', () => signed({ aud: 'cyxwiz-node' })],
    ['of another issuer', () => signed({ iss: 'https://cyxwiz.example' })],
    ['of a role that there is not', () => signed({ role: 'god' })],
    ['with another name in it', () => `${token.split('.')[0]}.${encode({ ...claims(), sub: 'somebody' })}.${token.split('.')[2]}`],
  ])('%s opens nothing', async (_, make) => {
    for (const path of ['/api/wallet', '/api/jobs', `/api/users/${userId}/machines`]) {
      expect((await platform.call('GET', path, { token: await make() })).status, path).toBe(401);
    }
  });

  it('is worth nothing once its account has a new password', async () => {
    const own = newPerson();
    const { json } = await platform.call('POST', '/api/auth/register', { body: own });
    const old = json['token'] as string;
    const actor = { userId: (json['user'] as { id: string }).id, role: 'user' } as const;
    await platform.services.credentials.setPassword(actor, { current: own.password, password: 'another four unrelated words' });
    expect((await platform.call('GET', '/api/jobs', { token: old })).status).toBe(401);
  });
});

it('a login says the same of a wrong password as of a name that nobody has', async () => {
  const answers = await Promise.all(
    [person.username, person.email, 'nobody-of-that-name', 'nobody@example.com'].map((login) => platform.call('POST', '/api/auth/login', { body: { login, password: 'wrong, all of it' } })),
  );
  const said = answers.map(({ status, json: { requestId: _id, request_id: _other, instance: _instance, ...rest } }) => JSON.stringify([status, rest]));
  expect(new Set(said).size).toBe(1);
  expect(answers[0]!.status).toBe(401);
});

describe('every body that is taken', () => {
  interface Operation {
    readonly method: string;
    readonly path: string;
  }
  let operations: Operation[];
  let document: { paths: Record<string, Record<string, unknown>> };

  beforeAll(async () => {
    document = (await platform.call('GET', '/api/openapi.json')).json as unknown as typeof document;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => (operation as { requestBody?: unknown }).requestBody !== undefined)
        .map(([method]) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{[^}]+\}/g, userId) })),
    );
    expect(operations.length).toBeGreaterThan(15);
  });

  /** A text that nobody has to be able to read as an object. */
  const send = async ({ method, path }: Operation, text: string): Promise<number> => {
    const response = await fetch(platform.url + path, { method, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: text });
    await response.arrayBuffer();
    return response.status;
  };
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  it.each<[string, string]>([
    ['nested a hundred thousand deep', nested(100_000)],
    ['of lists, half a million deep', '['.repeat(500_000)],
    ['that reaches for the prototype', '{"__proto__":{"role":"operator"},"constructor":{"prototype":{"role":"operator"}}}'],
    ['of a million of one key', `{${'"a":1,'.repeat(140_000)}"a":1}`],
    ['that is no object', '"text"'],
    ['with a lone surrogate', '{"login":"\\ud800","password":"\\udfff","name":"\\ud800"}'],
    ['with numbers beyond all bounds', '{"login":1e999,"samples":-1e999,"deadline_ms":9007199254740993,"price":1e308}'],
  ])('is refused by the caller’s own fault where it is one %s', async (_, text) => {
    for (const operation of operations) {
      const status = await send(operation, text);
      expect(status, `${operation.method} ${operation.path}`).toBeGreaterThanOrEqual(200);
      expect(status, `${operation.method} ${operation.path}`).toBeLessThan(500);
    }
    expect(({} as { role?: string }).role).toBeUndefined();
  }, 120_000);

  it('is at most 1 MiB, wherever it is sent', async () => {
    const text = JSON.stringify({ name: 'x'.repeat(1024 * 1024) });
    for (const operation of operations) expect(await send(operation, text), `${operation.method} ${operation.path}`).toBe(413);
  }, 60_000);

  it('names nothing that this server would fetch', () => {
    const asked = Object.values(document.paths).flatMap((methods) => Object.values(methods) as { requestBody?: object; parameters?: object }[]);
    for (const { requestBody, parameters } of asked) expect(JSON.stringify([requestBody, parameters])).not.toMatch(/"(?:[a-z]+_)*(?:url|uri|callback|webhook|endpoint)s?"/i);
  });
});

it('a refusal says nothing of how the server is made', async () => {
  const answers = await Promise.all([
    platform.call('GET', "/api/jobs/1'%20OR%20'1'='1", { token }),
    platform.call('GET', '/api/jobs?page_token=%00', { token }),
    platform.call('GET', '/api/../../etc/passwd', { token }),
    platform.call('POST', '/api/auth/login', { body: { login: { $gt: '' }, password: { $gt: '' } } }),
  ]);
  for (const answer of answers) {
    expect(answer.status).toBeLessThan(500);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(codeOf(answer)).not.toContain('undefined');
    expect(JSON.stringify(answer.json)).not.toMatch(/node_modules|\.ts:\d|SELECT |mongo|postgres/i);
  }
});
