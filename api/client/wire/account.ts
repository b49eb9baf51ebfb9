import { z } from 'zod';
import { amountBase, instant } from './common.ts';

export const registerBody = z.object({ email: z.string(), username: z.string(), password: z.string() });
/** `login` is the e-mail or the username; `email` and `username` are accepted in its place. */
export const loginBody = z
  .object({ login: z.string().optional(), email: z.string().optional(), username: z.string().optional(), password: z.string() })
  .refine((body) => [body.login, body.email, body.username].filter((name) => name !== undefined).length === 1, {
    path: ['login'],
    message: 'send exactly one of login, email and username',
  });

export const userJson = z.object({
  id: z.string(),
  email: z.string(),
  username: z.string(),
  role: z.enum(['user', 'provider', 'operator']),
  subscription: z.enum(['free', 'pro']),
  wallet: z.object({ address: z.string() }).nullable(),
  stats: z.object({ modelsCreated: z.int(), downloads: z.int() }),
  created_at: instant,
});
export const loginJson = z.object({ token: z.string(), expires_at: instant, user: userJson });

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
