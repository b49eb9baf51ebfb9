import { createRoute } from '@hono/zod-openapi';
import { loginMethodJson, walletChallengeJson, walletLoginBody, walletLoginJson } from '#api/client/wire/account';
import type { WalletChallenge } from '#api/services/account-types';
import type { Services } from '#api/services/types';
import type { z } from 'zod';
import { actorOf, addressOf, bearer, createRouter, jsonAnswer, jsonBody, problems, type HttpApp } from '../context.ts';
import { loginMethodToJson, userToJson } from '../to-json.ts';

const nonce = createRoute({
  method: 'post',
  path: '/api/auth/wallet/nonce',
  summary: 'What a wallet must sign to log in; good once, for 5 minutes',
  responses: { 200: jsonAnswer(walletChallengeJson, 'The parts of the text (Sign-In With Solana)'), ...problems },
});
const login = createRoute({
  method: 'post',
  path: '/api/auth/wallet/login',
  summary: 'Log in with a signed text; a wallet that nobody has linked makes a new account',
  request: jsonBody(walletLoginBody),
  responses: { 200: jsonAnswer(walletLoginJson, 'A token for 24 hours, and the wallet’s balance on chain'), ...problems },
});
const linkNonce = createRoute({
  method: 'post',
  path: '/api/auth/wallet/link-nonce',
  summary: 'What a wallet must sign to be linked to one’s account',
  security: bearer,
  responses: { 200: jsonAnswer(walletChallengeJson, 'The parts of the text'), ...problems },
});
const link = createRoute({
  method: 'post',
  path: '/api/auth/wallet/link',
  summary: 'Link a wallet to one’s account',
  security: bearer,
  request: jsonBody(walletLoginBody),
  responses: { 200: jsonAnswer(loginMethodJson, 'The new way to log in'), ...problems },
});

export function walletAuthRoutes(services: Services): HttpApp {
  return createRouter()
    .openapi(nonce, async (c) => c.json(challengeToJson(await services.walletLogin.challenge(addressOf(c))), 200))
    .openapi(login, async (c) => {
      const { user, wallet } = await services.walletLogin.login(c.req.valid('json'), addressOf(c));
      const { token, expiresAt } = await services.tokens.issueUserToken(user);
      const balance = { address: wallet.address, balance_base: wallet.balanceBase.toString() };
      return c.json({ token, expires_at: expiresAt.toISOString(), user: userToJson(user), wallet: balance }, 200);
    })
    .openapi(linkNonce, async (c) => c.json(challengeToJson(await services.walletLogin.linkChallenge(await actorOf(services, c))), 200))
    .openapi(link, async (c) => {
      const actor = await actorOf(services, c);
      return c.json(loginMethodToJson(await services.walletLogin.link(actor, c.req.valid('json'))), 200);
    });
}

function challengeToJson({ chainId, issuedAt, expirationTime, ...rest }: WalletChallenge): z.input<typeof walletChallengeJson> {
  return { ...rest, chain_id: chainId, issued_at: issuedAt, expiration_time: expirationTime };
}
