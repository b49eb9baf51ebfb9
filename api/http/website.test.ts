import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createHttpApp } from './app.ts';
import { startHttpServer } from './server.ts';
import { createWebsite } from './website.ts';
import type { Services } from '#api/services/types';

it('tells the pages where a request came from, whatever its headers say', async () => {
  const website = createWebsite({ buildDir: join(tmpdir(), 'no-such-build'), handler: (_request, from) => Promise.resolve(new Response(from)) });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  // No page of the website asks a service here.
  const app = createHttpApp({} as Services, { log, fallback: website });
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0 });
  try {
    const response = await fetch(`http://127.0.0.1:${server.port}/login`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(await response.text()).toBe('127.0.0.1');
    expect(await (await app.request('/login')).text()).toBe('');
  } finally {
    await server.close();
  }
});
