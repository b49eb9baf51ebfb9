import { z } from 'zod';
import { amountBase, instant } from './common.ts';

export const registerBody = z.object({ email: z.string(), username: z.string(), password: z.string() });
/**
 * `login` is the e-mail or the username; `email` and `username` are accepted in its place. A program sends `api_key`
 * alone.
 */
export const loginBody = z
  .object({
    login: z.string().optional(),
    email: z.string().optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    api_key: z.string().max(200).optional(),
  })
  .refine((body) => [body.login, body.email, body.username, body.api_key].filter((name) => name !== undefined).length === 1, {
    path: ['login'],
    message: 'send exactly one of login, email, username and api_key',
  })
  .refine((body) => (body.password === undefined) === (body.api_key !== undefined), { path: ['password'], message: 'send it with a name, and not with an api_key' });

export const userJson = z.object({
  id: z.string(),
  email: z.string().nullable(),
  email_verified: z.boolean(),
  username: z.string(),
  role: z.enum(['user', 'provider', 'operator']),
  subscription: z.enum(['free', 'pro']),
  wallet: z.object({ address: z.string() }).nullable(),
  stats: z.object({ modelsCreated: z.int(), downloads: z.int() }),
  created_at: instant,
});
export const loginJson = z.object({ token: z.string(), expires_at: instant, user: userJson });

/** What a wallet is asked to sign (Sign-In With Solana). */
export const walletChallengeJson = z.object({
  nonce: z.string(),
  domain: z.string(),
  uri: z.string(),
  statement: z.string(),
  chain_id: z.string(),
  issued_at: instant,
  expiration_time: instant,
});
/** `message` is the signed text, `signature` its 64 bytes in base64. */
export const walletLoginBody = z.object({ address: z.string(), message: z.string(), signature: z.string() });
/** `wallet` is the one that logged in; `user.wallet` the one that pays for jobs. */
export const walletLoginJson = loginJson.extend({ wallet: z.object({ address: z.string(), balance_base: amountBase }) });

export const emailBody = z.object({ email: z.string() });
export const tokenBody = z.object({ token: z.string() });
export const resetBody = z.object({ token: z.string(), password: z.string() });
/** `current` is left out where the account has no password yet. */
export const passwordBody = z.object({ current: z.string().default(''), password: z.string() });
export const roleBody = z.object({ role: z.enum(['user', 'provider', 'operator']) });

/** `expires_in_days` null: it never expires. */
export const apiKeyBody = z.object({ name: z.string(), scopes: z.array(z.string()), expires_in_days: z.int().nullable().default(90) });
export const apiKeyJson = z.object({
  key_id: z.string(),
  name: z.string(),
  /** How the key begins. */
  start: z.string(),
  scopes: z.array(z.string()),
  created_at: instant,
  expires_at: instant.nullable(),
  last_used_at: instant.nullable(),
});
/** `api_key` is shown this once. */
export const newApiKeyJson = apiKeyJson.extend({ api_key: z.string() });
export const apiKeysJson = z.object({ api_keys: z.array(apiKeyJson) });

const sessionJson = z.object({
  session_id: z.string(),
  created_at: instant.nullable(),
  expires_at: instant,
  user_agent: z.string().nullable(),
  address: z.string().nullable(),
});
export const sessionsJson = z.object({ sessions: z.array(sessionJson) });

export const loginMethodJson = z.object({
  id: z.string(),
  kind: z.enum(['password', 'wallet', 'github', 'google']),
  label: z.string(),
  linked_at: instant.nullable(),
  removable: z.boolean(),
});
export const loginMethodsJson = z.object({ login_methods: z.array(loginMethodJson) });

export const walletJson = z.object({ address: z.string(), kind: z.enum(['managed', 'linked']), balance_base: amountBase });
export const transferJson = z.object({
  purpose: z.string(),
  from: z.string(),
  to: z.string(),
  amount_base: amountBase,
  signature: z.string(),
  job_id: z.string().nullable(),
  at: instant,
});
export const transfersJson = z.object({ transfers: z.array(transferJson), next_page_token: z.string() });
