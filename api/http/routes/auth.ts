import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { loginBody, loginJson, registerBody, userJson } from '#api/client/wire/account';
import type { Services, UserView } from '#api/services/types';
import { actorOf, addressOf, bearer, createRouter, jsonAnswer, jsonBody, problems, type HttpApp } from '../context.ts';
import { creates } from '../idempotency.ts';
import { userToJson } from '../to-json.ts';

const register = createRoute({
  method: 'post',
  path: '/api/auth/register',
  summary: 'Make an account',
  request: creates(registerBody),
  responses: { 201: jsonAnswer(loginJson, 'The account, logged in'), ...problems },
});
const login = createRoute({
  method: 'post',
  path: '/api/auth/login',
  summary: 'Log in with e-mail or username and password, or with an API key',
  request: jsonBody(loginBody),
  responses: { 200: jsonAnswer(loginJson, 'A token for 24 hours'), ...problems },
});
const me = createRoute({
  method: 'get',
  path: '/api/auth/me',
  summary: 'Who am I',
  security: bearer,
  responses: { 200: jsonAnswer(userJson, 'The caller’s profile'), ...problems },
});
const user = createRoute({
  method: 'get',
  path: '/api/users/{id}',
  summary: 'A profile; only one’s own',
  security: bearer,
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: jsonAnswer(userJson, 'The profile'), ...problems },
});

export function authRoutes(services: Services): HttpApp {
  const loggedIn = async (view: UserView) => {
    const { token, expiresAt } = await services.tokens.issueUserToken(view);
    return { token, expires_at: expiresAt.toISOString(), user: userToJson(view) };
  };
  return createRouter()
    .openapi(register, async (c) => c.json(await loggedIn(await services.accounts.register(c.req.valid('json'), addressOf(c))), 201))
    .openapi(login, async (c) => {
      const body = c.req.valid('json');
      if ('api_key' in body) {
        const { user: owner, token, expiresAt } = await services.apiKeys.login(body.api_key, addressOf(c));
        return c.json({ token, expires_at: expiresAt.toISOString(), user: userToJson(owner) }, 200);
      }
      const { password, ...names } = body;
      const [name = ''] = Object.values(names);
      return c.json(await loggedIn(await services.accounts.login({ login: name, password }, addressOf(c))), 200);
    })
    .openapi(me, async (c) => {
      const actor = await actorOf(services, c);
      return c.json(userToJson(await services.accounts.get(actor, actor.userId)), 200);
    })
    .openapi(user, async (c) => {
      const actor = await actorOf(services, c);
      return c.json(userToJson(await services.accounts.get(actor, c.req.valid('param').id)), 200);
    });
}
