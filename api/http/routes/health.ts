import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Services } from '#api/services/types';
import { createRouter, jsonAnswer, type HttpApp } from '../context.ts';

const healthJson = z.object({ service: z.literal('cyxwiz'), status: z.literal('ok') });
const partJson = z.object({ ok: z.boolean(), reason: z.string() });
const readyJson = z.object({ service: z.literal('cyxwiz'), status: z.enum(['ready', 'not ready']), parts: z.record(z.string(), partJson) });
const jwksJson = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'The process is alive',
  responses: { 200: jsonAnswer(healthJson, 'Alive') },
});
const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Every part that the platform stands on answers',
  responses: { 200: jsonAnswer(readyJson, 'Ready'), 503: jsonAnswer(readyJson, 'Some part does not answer') },
});
const jwks = createRoute({
  method: 'get',
  path: '/.well-known/jwks.json',
  summary: 'Public keys of our tokens',
  responses: { 200: jsonAnswer(jwksJson, 'A JWK set') },
});

export function healthRoutes(services: Services): HttpApp {
  return createRouter()
    .openapi(healthz, (c) => c.json({ service: 'cyxwiz' as const, status: 'ok' as const }, 200))
    .openapi(readyz, async (c) => {
      const parts = await services.health.check();
      const isReady = Object.values(parts).every((part) => part.ok);
      return c.json({ service: 'cyxwiz' as const, status: isReady ? ('ready' as const) : ('not ready' as const), parts }, isReady ? 200 : 503);
    })
    .openapi(jwks, (c) => {
      c.header('cache-control', 'public, max-age=300');
      return c.json({ keys: services.tokens.publicKeys().keys }, 200);
    });
}
