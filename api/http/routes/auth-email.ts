import { createRoute } from '@hono/zod-openapi';
import { emailBody, loginJson, passwordBody, resetBody, tokenBody } from '#api/client/wire/account';
import type { Services } from '#api/services/types';
import { actorOf, addressOf, bearer, createRouter, jsonAnswer, jsonBody, problems, type HttpApp } from '../context.ts';
import { userToJson } from '../to-json.ts';

const done = { 204: { description: 'Done' }, ...problems } as const;

const sendVerification = createRoute({
  method: 'post',
  path: '/api/auth/verify-email/send',
  summary: 'Send the link that verifies one’s e-mail address',
  security: bearer,
  responses: done,
});
const verify = createRoute({
  method: 'post',
  path: '/api/auth/verify-email',
  summary: 'Verify an e-mail address with the token of the link',
  request: jsonBody(tokenBody),
  responses: done,
});
const requestReset = createRoute({
  method: 'post',
  path: '/api/auth/password-reset',
  summary: 'Send a link for a new password, where the address belongs to an account; the answer is the same where it does not',
  request: jsonBody(emailBody),
  responses: { 202: { description: 'If there is such an account, the mail is on its way' }, ...problems },
});
const reset = createRoute({
  method: 'post',
  path: '/api/auth/password-reset/confirm',
  summary: 'Set a new password with the token of the link; ends all sessions and tokens',
  request: jsonBody(resetBody),
  responses: { 200: jsonAnswer(loginJson, 'A new token'), ...problems },
});
const change = createRoute({
  method: 'put',
  path: '/api/auth/password',
  summary: 'Set or change one’s password; ends all sessions and tokens',
  security: bearer,
  request: jsonBody(passwordBody),
  responses: done,
});

export function emailAuthRoutes(services: Services): HttpApp {
  return createRouter()
    .openapi(sendVerification, async (c) => {
      await services.email.sendVerification(await actorOf(services, c));
      return c.body(null, 204);
    })
    .openapi(verify, async (c) => {
      await services.email.verify(c.req.valid('json').token);
      return c.body(null, 204);
    })
    .openapi(requestReset, async (c) => {
      await services.email.requestReset(c.req.valid('json').email, addressOf(c));
      return c.body(null, 202);
    })
    .openapi(reset, async (c) => {
      const user = await services.email.resetPassword(c.req.valid('json'), addressOf(c));
      const { token, expiresAt } = await services.tokens.issueUserToken(user);
      return c.json({ token, expires_at: expiresAt.toISOString(), user: userToJson(user) }, 200);
    })
    .openapi(change, async (c) => {
      await services.credentials.setPassword(await actorOf(services, c), c.req.valid('json'));
      return c.body(null, 204);
    });
}
