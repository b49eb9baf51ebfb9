import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { completedJob, newJob } from '#api/testing/owned-things';

let platform: AccountPlatform;
beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
}, 60_000);
afterAll(() => platform.close());

async function signUp(): Promise<{ id: string; token: string }> {
  const { json } = await platform.call('POST', '/api/auth/register', { body: newPerson() });
  return { id: (json['user'] as { id: string }).id, token: json['token'] as string };
}

it('a download is a model whose key its owner was given: each counts once, and nobody else’s try does', async () => {
  const [owner, other] = [await signUp(), await signUp()];
  const [first, second, open] = [await completedJob(platform.deps, owner.id), await completedJob(platform.deps, owner.id), await newJob(platform.deps, owner.id)];
  const fetchKey = async (jobId: string, { token }: typeof owner) => (await platform.call('GET', `/api/jobs/${jobId}/model`, { token })).status;
  const downloadsOf = async ({ token }: typeof owner) => ((await platform.call('GET', '/api/auth/me', { token })).json['stats'] as { downloads: number }).downloads;

  expect([await fetchKey(open, owner), await fetchKey(first, other)]).toEqual([409, 404]);
  expect([await downloadsOf(owner), await downloadsOf(other)]).toEqual([0, 0]);
  expect([await fetchKey(first, owner), await fetchKey(first, owner), await fetchKey(second, owner)]).toEqual([200, 200, 200]);
  expect([await downloadsOf(owner), await downloadsOf(other)]).toEqual([2, 0]);
});
