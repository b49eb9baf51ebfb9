import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader, type JWK } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTokens, USER_TOKEN_LIFETIME_MS, type Tokens } from '#api/auth/tokens';
import { rotateJwtKey } from './rotate-jwt-key.ts';
import { ensureSecrets } from './secrets.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cyxwiz-rotate-'));
  file = (await ensureSecrets(folder)).jwt;
});
afterEach(() => rmSync(folder, { recursive: true }));

const DAY_MS = 24 * 3_600_000;
const START = new Date('2026-01-01T00:00:00Z');
const later = (ms: number): Date => new Date(START.getTime() + ms);

const stored = (): JWK[] => [JSON.parse(readFileSync(file, 'utf8')) as JWK | JWK[]].flat();
/** What a process makes of the file when it starts. */
const startProcess = (now = START): Promise<Tokens> => createTokens(stored(), () => now);
const issue = async (tokens: Tokens): Promise<string> => (await tokens.issueUserToken({ userId: 'ada', role: 'user' })).token;

it('the new key signs, and logins of before stay good', async () => {
  const [{ kid: oldKid }] = stored() as [JWK];
  const before = await issue(await startProcess());
  const kid = await rotateJwtKey(file, { now: START });
  const tokens = await startProcess();
  const after = await issue(tokens);
  expect(decodeProtectedHeader(after).kid).toBe(kid);
  for (const token of [before, after]) expect(await tokens.verify(token)).toMatchObject({ userId: 'ada' });
  expect(tokens.publicKeys.keys.map((key) => key.kid)).toEqual([kid, oldKid]);
  expect(JSON.stringify(tokens.publicKeys)).not.toMatch(/"d"|retired/);
  expect(stored().map(({ d }) => d !== undefined)).toEqual([true, false]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).filter((name) => name.startsWith('jwt'))).toEqual(['jwt.json']);
});

it('is taken by the next start of the platform, which makes no other key', async () => {
  const kid = await rotateJwtKey(file);
  const text = readFileSync(file, 'utf8');
  await ensureSecrets(folder);
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(stored()[0]?.kid).toBe(kid);
});

it('an old key stays until its tokens have ended, also those of a process that was restarted days later', async () => {
  const [{ kid: first }] = stored() as [JWK];
  const second = await rotateJwtKey(file, { now: START });
  const third = await rotateJwtKey(file, { now: later(7 * DAY_MS + USER_TOKEN_LIFETIME_MS - 1) });
  expect(stored().map((key) => key.kid)).toEqual([third, second, first]);
  const fourth = await rotateJwtKey(file, { now: later(8 * DAY_MS) });
  expect(stored().map((key) => key.kid)).toEqual([fourth, third, second]);
});

it('a key that leaked is worth nothing at once where it is dropped', async () => {
  const before = await issue(await startProcess());
  await rotateJwtKey(file, { dropOld: true });
  expect(stored()).toHaveLength(1);
  await expect((await startProcess()).verify(before)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

it.each(['{"kid":', '{}', '[]', '[null]', '[{"kid":"k","x":"x"}]'])('leaves a file alone that holds no such keys: %s', async (text) => {
  writeFileSync(file, text);
  await expect(rotateJwtKey(file)).rejects.toThrow('can not be read');
  expect(readFileSync(file, 'utf8')).toBe(text);
});
