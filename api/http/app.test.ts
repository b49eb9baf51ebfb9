import { expect, it } from 'vitest';
import type { Services } from '#api/services/types';
import { createHttpApp } from './app.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
// None of these calls gets as far as a service.
const app = createHttpApp({} as Services, { log: quiet });

it.each([
  ['PATCH', '/api/jobs', 'GET, HEAD, POST'],
  ['DELETE', '/api/jobs/0b54c28e-3c27-4d0c-9a3f-7f1a8f1f6e55', 'GET, HEAD'],
  ['GET', '/api/auth/login', 'POST'],
  ['OPTIONS', '/api/quotes', 'POST'],
  // And is not taken for the job "prepare".
  ['GET', '/api/jobs/prepare', 'POST'],
  ['PUT', '/healthz', 'GET, HEAD'],
])('%s %s is told which methods there are', async (method, path, allow) => {
  const answer = await app.request(path, { method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
  expect(await answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED', status: 405 });
});

it('a path that is not there is not found, whatever the method', async () => {
  for (const method of ['GET', 'PATCH', 'DELETE']) expect((await app.request('/api/nothing-of-that-name', { method })).status).toBe(404);
});

it.each(['3f1c', 'a.B_9-', 'x'.repeat(100)])('a request is known by the id that it brings: %s', async (id) => {
  for (const path of ['/healthz', '/api/nothing-of-that-name']) {
    const answer = await app.request(path, { headers: { 'x-request-id': id } });
    expect([path, answer.headers.get('x-request-id')]).toEqual([path, id]);
  }
});

it.each([undefined, '', ' ', 'with a space', 'x'.repeat(101), 'a"quote', 'ü', '<b>'])('a request without a good id (%s) is given one of its own', async (id) => {
  const seen = new Set<string>();
  for (const path of ['/healthz', '/api/nothing-of-that-name']) {
    const answer = await app.request(path, id === undefined ? {} : { headers: { 'x-request-id': id } });
    const given = answer.headers.get('x-request-id');
    expect(given).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    if (answer.status >= 400) expect(await answer.json()).toMatchObject({ requestId: given });
    seen.add(given!);
  }
  expect(seen.size).toBe(2);
});
