import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import type { z } from 'zod';
import { isApiKey } from '#api/auth/api-keys';
import { problemSchema } from '#api/client/wire/common';
import type { Actor, Services } from '#api/services/types';
import type { MachineActor } from '#api/services/machine-types';
import { CyxError } from '#core/errors/cyx-error';
import { fromZod } from '#core/errors/from-zod';
import type { RateLimitState } from './rate-limits.ts';

export interface HttpEnv {
  /** Node's own request, where the app is behind a server; a test may call it without. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Whose token the request carries, looked up once. */
    actor?: Promise<Actor>;
    /** The same for a machine's API key. */
    machine?: Promise<MachineActor>;
    /** What the answer says about the caller's limits. */
    rateLimits?: readonly RateLimitState[];
  };
}
export type HttpApp = OpenAPIHono<HttpEnv>;

/** A router whose validation errors become our own typed ones. */
export function createRouter(): HttpApp {
  return new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      throw fromZod(result.error);
    },
  });
}

/** The bearer token of a request. Throws UNAUTHENTICATED where there is none. */
function bearerOf(context: Context<HttpEnv>): string {
  const token = /^Bearer (\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
  if (token === undefined) throw new CyxError('UNAUTHENTICATED', 'This call needs a login: send the header "Authorization: Bearer <token>".');
  return token;
}

/**
 * The address at the other end of the connection. Headers such as X-Forwarded-For are not believed: anybody can send
 * them, so behind a proxy all callers have the proxy's address.
 */
export function addressOf(context: Context<HttpEnv>): string | undefined {
  // Outside a server there is no environment at all.
  return (context.env as Partial<HttpBindings> | undefined)?.incoming?.socket.remoteAddress;
}

export async function actorOf(services: Services, context: Context<HttpEnv>): Promise<Actor> {
  const found = context.get('actor') ?? services.tokens.verifyUserToken(bearerOf(context));
  context.set('actor', found);
  return found;
}

export async function machineOf(services: Services, context: Context<HttpEnv>): Promise<MachineActor> {
  const found = context.get('machine') ?? services.machines.authenticate(bearerOf(context));
  context.set('machine', found);
  return found;
}

/** A person's login, or a machine's API key: for what both may do about a node. */
export function actorOrMachineOf(services: Services, context: Context<HttpEnv>): Promise<Actor | MachineActor> {
  return isApiKey(bearerOf(context)) ? machineOf(services, context) : actorOf(services, context);
}

/** Parts of a route's description. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { 'application/json': { schema } } } } as const;
}

export function jsonAnswer<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } } as const;
}

/** Every route may answer with a problem; its `code` says which. */
export const problems = {
  default: { description: 'What went wrong (RFC 9457); `code` is one of a fixed list', content: { 'application/problem+json': { schema: problemSchema } } },
} as const;

export const bearer = [{ bearer: [] }];
