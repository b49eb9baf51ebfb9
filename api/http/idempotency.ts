import type { Context, MiddlewareHandler } from 'hono';
import { z } from 'zod';
import type { Services } from '#api/services/types';
import { parseInput } from '#core/errors/from-zod';
import { actorOf, addressOf, jsonBody, type HttpApp, type HttpEnv } from './context.ts';

const HEADER = 'idempotency-key';
const keySchema = z.string().regex(/^[\x20-\x7e]{1,200}$/, 'must have 1 to 200 printable ASCII characters, best a UUID');
const ABOUT = 'Makes a repeat harmless: the same key with the same body is answered as the first time, for 24 hours; with another body it is refused (409).';

/** What a route that makes something takes: a JSON body, and a key by which its repeats are known. */
export function creates<T extends z.ZodType>(schema: T) {
  return { headers: z.object({ [HEADER]: keySchema.optional().describe(ABOUT) }), ...jsonBody(schema) } as const;
}

/** Lets every POST that answers "created" happen once for one key. The list of them is the interface's own description. */
export function idempotency(services: Services, app: HttpApp): MiddlewareHandler<HttpEnv> {
  let creating: readonly RegExp[] | undefined;
  return async (c, next) => {
    const given = c.req.header(HEADER);
    if (given === undefined || c.req.method !== 'POST' || !(creating ??= creatingPaths(app)).some((path) => path.test(c.req.path))) return next();
    const { [HEADER]: key } = parseInput(z.object({ [HEADER]: keySchema }), { [HEADER]: given });
    const fingerprint = `${c.req.method} ${c.req.path}\n${await c.req.text()}`;
    const kept = await services.idempotency.once({ scope: await scopeOf(services, c), key, fingerprint }, async () => {
      await next();
      const { ok, status, headers } = c.res;
      return ok ? { status, contentType: headers.get('content-type') ?? 'application/json', body: await c.res.clone().text() } : null;
    });
    if (kept === null) return;
    return new Response(kept.body, { status: kept.status, headers: { 'content-type': kept.contentType, 'cache-control': 'no-store', 'idempotency-replayed': 'true' } });
  };
}

/** A key that may do less must not fetch, by a repeat, what one that may do more was answered. */
async function scopeOf(services: Services, c: Context<HttpEnv>): Promise<string> {
  if (c.req.header('authorization') === undefined) return `from:${addressOf(c) ?? ''}`;
  const { userId, scopes } = await actorOf(services, c);
  return `user:${userId}:${scopes == null ? '*' : [...scopes].sort().join(' ')}`;
}

function creatingPaths(app: HttpApp): RegExp[] {
  const routes = app.openAPIRegistry.definitions.flatMap((definition) => (definition.type === 'route' ? [definition.route] : []));
  return routes.filter(({ method, responses }) => method === 'post' && '201' in responses).map(({ path }) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`));
}
