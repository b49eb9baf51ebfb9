import { z } from 'zod';
import { apiKeyFields, currentPasswordField, emailField, linkTokenField, loginNameField, passwordField, signedTextFields, usernameField } from '#core/identity/account-fields';
import { amountBase, instant } from './common.ts';

export const registerBody = z.object({ email: emailField, username: usernameField, password: passwordField });
/**
 * `login` is the e-mail or the username; `email` and `username` are accepted in its place. A program sends `api_key`
 * alone.
 */
const password = currentPasswordField.min(1, 'must not be empty');
export const loginBody = z.union(
  [
    z.strictObject({ login: loginNameField, password }),
    z.strictObject({ email: loginNameField, password }),
    z.strictObject({ username: loginNameField, password }),
    z.strictObject({ api_key: z.string().min(1).max(200) }),
  ],
  'send exactly one of login, email and username together with the password, or an api_key alone, and nothing else',
);

export const userJson = z.object({
  id: z.string(),
  email: z.string().nullable(),
  email_verified: z.boolean(),
  username: z.string(),
  role: z.enum(['user', 'provider', 'operator']),
  subscription: z.enum(['free', 'pro']),
  wallet: z.object({ address: z.string() }).nullable(),
  stats: z.object({ modelsCreated: z.int(), downloads: z.int() }),
  /** Ids of their keys: what they are for says GET /api/api-keys. */
  apiKeys: z.array(z.string()),
  created_at: instant,
});
export const subscriptionBody = userJson.pick({ subscription: true });
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
export const walletLoginBody = z.object(signedTextFields);
/** `wallet` is the one that logged in; `user.wallet` the one that pays for jobs. */
export const walletLoginJson = loginJson.extend({ wallet: z.object({ address: z.string(), balance_base: amountBase }) });

export const emailBody = z.object({ email: emailField });
export const tokenBody = z.object({ token: linkTokenField });
export const resetBody = z.object({ token: linkTokenField, password: passwordField });
/** `current` is left out where the account has no password yet. */
export const passwordBody = z.object({ current: currentPasswordField.default(''), password: passwordField });
export const roleBody = z.object({ role: z.enum(['user', 'provider', 'operator']) });

/** `expires_in_days` null: it never expires. */
export const apiKeyBody = z.object({ name: apiKeyFields.name, scopes: apiKeyFields.scopes, expires_in_days: apiKeyFields.expiresInDays.default(90) });
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
