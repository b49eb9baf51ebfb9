import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { STORED_CID } from '#api/testing/owned-things';

const BIN = fileURLToPath(new URL('./bin.mjs', import.meta.url));

let platform: AccountPlatform;
let home: string;
let person: ReturnType<typeof newPerson>;
let key: string;
let keyId: string;

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
  home = mkdtempSync(join(tmpdir(), 'cyxwiz-cli-login-'));
  person = newPerson();
  const { json } = await platform.call('POST', '/api/auth/register', { body: person });
  const userId = (json['user'] as { id: string }).id;
  const made = await platform.services.apiKeys.create({ userId, role: 'user' }, { name: 'CI', scopes: ['read'], expiresInDays: 1 });
  [key, keyId] = [made.key, made.view.keyId];
}, 120_000);
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await platform.close();
});

function cyxwiz(args: readonly string[], more: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' as const, HOME: home, NO_COLOR: '1', ...inject('stackEnv'), CYXWIZ_HOME: home, CYXWIZ_PUBLIC_URL: platform.url, ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { env }, (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }));
  });
}

describe('cyxwiz login with an API key', () => {
  it('logs in as the key’s owner; later commands may do what the key may', async () => {
    const login = await cyxwiz(['login', '--json'], { CYXWIZ_API_KEY: `${key}\n` });
    expect(login).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(login.out)).toMatchObject({ user: { username: person.username, apiKeys: [keyId] } });
    const profile = join(home, 'cli', 'profile.json');
    expect(statSync(profile).mode & 0o777).toBe(0o600);
    for (const text of [login.out, readFileSync(profile, 'utf8')]) expect(text).not.toContain(key);

    expect(await cyxwiz(['data', 'list', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
    const opened = await cyxwiz(['data', 'get', STORED_CID, '--output', join(home, 'data'), '--json']);
    expect({ code: opened.code, ...(JSON.parse(opened.out) as object) }).toMatchObject({ code: 1, error: { code: 'FORBIDDEN' } });
  });

  it('is refused where the key is none, and says so', async () => {
    const refused = await cyxwiz(['login', '--json'], { CYXWIZ_API_KEY: 'cyx_cut-off' });
    expect({ code: refused.code, ...(JSON.parse(refused.out) as object) }).toMatchObject({ code: 1, error: { code: 'BAD_CREDENTIALS', message: expect.stringContaining('no whole API key') } });
  });

  it('takes the password where a name is given', async () => {
    const login = await cyxwiz(['login', person.username], { CYXWIZ_API_KEY: 'cyx_of-another-program', CYXWIZ_PASSWORD: person.password });
    expect(login).toMatchObject({ code: 0, out: expect.stringMatching(`^Logged in as ${person.username} until `) });
  });

  it('is a wrong command line without a name and a key; its help tells of both', async () => {
    for (const env of [undefined, { CYXWIZ_API_KEY: ' ' }]) expect(await cyxwiz(['login'], env)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('CYXWIZ_API_KEY') });
    expect((await cyxwiz(['login', '--help'])).out).toContain('CYXWIZ_API_KEY');
  });
});
