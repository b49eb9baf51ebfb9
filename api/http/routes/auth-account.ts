import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { apiKeyBody, apiKeysJson, loginMethodsJson, newApiKeyJson, roleBody, sessionsJson, subscriptionBody, userJson } from '#api/client/wire/account';
import type { Services } from '#api/services/types';
import { actorOf, bearer, createRouter, jsonAnswer, jsonBody, problems, type HttpApp } from '../context.ts';
import { creates } from '../idempotency.ts';
import { apiKeyToJson, loginMethodToJson, userToJson } from '../to-json.ts';

const done = { 204: { description: 'Done' }, ...problems } as const;
const params = z.object({ id: z.string().max(200) });

const keys = createRoute({
  method: 'get',
  path: '/api/api-keys',
  summary: 'One’s API keys',
  security: bearer,
  responses: { 200: jsonAnswer(apiKeysJson, 'The keys, without what is secret'), ...problems },
});
const addKey = createRoute({
  method: 'post',
  path: '/api/api-keys',
  summary: 'Make an API key; scopes are read, jobs and machines',
  security: bearer,
  request: creates(apiKeyBody),
  responses: { 201: jsonAnswer(newApiKeyJson, 'The key, shown this once'), ...problems },
});
const revokeKey = createRoute({ method: 'delete', path: '/api/api-keys/{id}', summary: 'Revoke an API key', security: bearer, request: { params }, responses: done });
const sessions = createRoute({
  method: 'get',
  path: '/api/auth/sessions',
  summary: 'The browsers in which one is logged in',
  security: bearer,
  responses: { 200: jsonAnswer(sessionsJson, 'The sessions, newest first'), ...problems },
});
const endSession = createRoute({ method: 'delete', path: '/api/auth/sessions/{id}', summary: 'End a session', security: bearer, request: { params }, responses: done });
const methods = createRoute({
  method: 'get',
  path: '/api/auth/login-methods',
  summary: 'The ways to log in to one’s account',
  security: bearer,
  responses: { 200: jsonAnswer(loginMethodsJson, 'The ways'), ...problems },
});
const unlink = createRoute({ method: 'delete', path: '/api/auth/login-methods/{id}', summary: 'Remove a way to log in; never the last', security: bearer, request: { params }, responses: done });
const role = createRoute({
  method: 'put',
  path: '/api/users/{id}/role',
  summary: 'For operators: change somebody’s role; ends their sessions and tokens',
  security: bearer,
  request: { params, ...jsonBody(roleBody) },
  responses: { 200: jsonAnswer(userJson, 'The profile'), ...problems },
});

const subscription = createRoute({
  method: 'put',
  path: '/api/users/{id}/subscription',
  summary: 'For operators: change what somebody’s subscription allows them; they stay logged in',
  security: bearer,
  request: { params, ...jsonBody(subscriptionBody) },
  responses: { 200: jsonAnswer(userJson, 'The profile'), ...problems },
});

export function accountRoutes(services: Services): HttpApp {
  return createRouter()
    .openapi(keys, async (c) => c.json({ api_keys: (await services.apiKeys.list(await actorOf(services, c))).map(apiKeyToJson) }, 200))
    .openapi(addKey, async (c) => {
      const actor = await actorOf(services, c);
      const { name, scopes, expires_in_days: expiresInDays } = c.req.valid('json');
      const { key, view } = await services.apiKeys.create(actor, { name, scopes, expiresInDays });
      return c.json({ ...apiKeyToJson(view), api_key: key }, 201);
    })
    .openapi(revokeKey, async (c) => {
      await services.apiKeys.revoke(await actorOf(services, c), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(sessions, async (c) => {
      const listed = await services.sessions.list(await actorOf(services, c), null);
      const json = listed.map(({ handle, createdAt, expiresAt, userAgent, address }) => ({
        session_id: handle,
        created_at: createdAt?.toISOString() ?? null,
        expires_at: expiresAt.toISOString(),
        user_agent: userAgent ?? null,
        address: address ?? null,
      }));
      return c.json({ sessions: json }, 200);
    })
    .openapi(endSession, async (c) => {
      await services.sessions.revoke(await actorOf(services, c), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(methods, async (c) => c.json({ login_methods: (await services.loginMethods.list(await actorOf(services, c))).map(loginMethodToJson) }, 200))
    .openapi(unlink, async (c) => {
      await services.loginMethods.unlink(await actorOf(services, c), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(role, async (c) => {
      const actor = await actorOf(services, c);
      return c.json(userToJson(await services.credentials.setRole(actor, c.req.valid('param').id, c.req.valid('json').role)), 200);
    })
    .openapi(subscription, async (c) => {
      const actor = await actorOf(services, c);
      return c.json(userToJson(await services.accounts.setSubscription(actor, c.req.valid('param').id, c.req.valid('json').subscription)), 200);
    });
}
