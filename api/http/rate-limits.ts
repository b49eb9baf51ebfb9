import type { Context, MiddlewareHandler } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { isApiKey } from '#api/auth/api-keys';
import { isLoopback, LOOPBACK_FACTOR } from '#api/auth/attempts';
import type { Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { SUBSCRIPTIONS } from '#core/identity/subscriptions';
import { actorOf, addressOf, machineOf, type HttpEnv } from './context.ts';

/** One limit as it stands for one caller. */
export interface RateLimitState {
  readonly policy: string;
  readonly quota: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

const WINDOW_S = 60;
/** A machine beats six times a minute. */
const MACHINE_REQUESTS = 120;
/** Everybody behind one address together, logged in or not. */
const ADDRESS_REQUESTS = 3_000;

interface Limit {
  readonly policy: string;
  readonly quota: number;
  readonly counts: RateLimiterMemory;
}

function limitOf(policy: string, quota: number): Limit {
  return { policy, quota, counts: new RateLimiterMemory({ keyPrefix: policy, points: quota, duration: WINDOW_S }) };
}

/**
 * Refuses who asks too often: each person or machine by their subscription, and each address. Counted in this process'
 * memory, since a write to the database for every read would cost more than most reads: with several API processes, each
 * allows as much, and a restart forgets.
 */
export function enforceRateLimits(services: Services): MiddlewareHandler<HttpEnv> {
  const limits = {
    free: limitOf('free', SUBSCRIPTIONS.free.requestsPerMinute),
    pro: limitOf('pro', SUBSCRIPTIONS.pro.requestsPerMinute),
    machine: limitOf('machine', MACHINE_REQUESTS),
    address: limitOf('address', ADDRESS_REQUESTS),
    loopback: limitOf('loopback', ADDRESS_REQUESTS * LOOPBACK_FACTOR),
  };
  return async (c, next) => {
    const address = addressOf(c) ?? '';
    const states = [await take(isLoopback(address) ? limits.loopback : limits.address, networkOf(address))];
    c.set('rateLimits', states);
    requireRoom(states);
    const caller = await callerOf(services, c);
    if (caller !== null) {
      states.push(await take(limits[caller.limit], caller.id));
      requireRoom(states);
    }
    return next();
  };
}

/** Tells every caller where they stand, refused ones too (IETF draft "RateLimit header fields for HTTP"). */
export const announceRateLimits: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  const states = c.get('rateLimits') ?? [];
  c.res.headers.set('ratelimit-policy', states.map(({ policy, quota }) => `"${policy}";q=${quota};w=${WINDOW_S}`).join(', '));
  c.res.headers.set('ratelimit', states.map(({ policy, remaining, resetSeconds }) => `"${policy}";r=${remaining};t=${resetSeconds}`).join(', '));
};

async function take({ policy, quota, counts }: Limit, key: string): Promise<RateLimitState> {
  const { remainingPoints, msBeforeNext, consumedPoints } = await counts.consume(key).catch((refused: unknown) => {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  });
  // Below 0 says that this very call was one too many.
  return { policy, quota, remaining: consumedPoints > quota ? -1 : remainingPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
}

function requireRoom(states: RateLimitState[]): void {
  const last = states[states.length - 1]!;
  if (last.remaining >= 0) return;
  states[states.length - 1] = { ...last, remaining: 0 };
  throw new CyxError('RATE_LIMITED', `That were more than ${last.quota} calls in a minute. Try again after ${last.resetSeconds} seconds, and ask less often.`, {
    facts: { retryAfterSeconds: String(last.resetSeconds), policy: last.policy },
  });
}

interface Caller {
  readonly limit: 'free' | 'pro' | 'machine';
  readonly id: string;
}

/** Null for who is nobody: their call has counted for their address, and the route itself tells them what is wrong. */
async function callerOf(services: Services, c: Context<HttpEnv>): Promise<Caller | null> {
  const header = c.req.header('authorization');
  if (header === undefined) return null;
  try {
    if (isApiKey(header.replace(/^Bearer /i, ''))) return { limit: 'machine', id: (await machineOf(services, c)).machineId };
    const { userId, subscription = 'pro' } = await actorOf(services, c);
    return { limit: subscription, id: userId };
  } catch (error) {
    if (error instanceof CyxError && error.spec.http < 500) return null;
    throw error;
  }
}

/** Who has an IPv6 address has 2^64 of them: what counts is the network they share. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [before = '', after] = address.split('::');
  const groups = before.split(':').filter((group) => group !== '');
  const left = 8 - groups.length - (after ?? '').split(':').filter((group) => group !== '').length;
  return [...groups, ...Array.from({ length: after === undefined ? 0 : left }, () => '0')].slice(0, 4).join(':');
}
