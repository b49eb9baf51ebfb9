import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import type { HttpEnv } from './context.ts';

const tag = etag();
const answered = (): Promise<void> => Promise.resolve();

/**
 * Reads in JSON carry an ETag of their content, and whoever has that content already is answered 304. Nobody but the
 * asker may keep them, and they ask again each time, since what they show changes. Left alone are streams, whose content
 * is not known until they end, and whatever must not be stored at all.
 */
export const revalidateReads: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  const { method } = c.req;
  if ((method !== 'GET' && method !== 'HEAD') || c.res.status !== 200 || !/^application\/json\b/.test(c.res.headers.get('content-type') ?? '')) return;
  const stored = c.res.headers.get('cache-control');
  if (stored?.includes('no-store')) return;
  if (stored === null) c.res.headers.set('cache-control', 'private, no-cache');
  await tag(c, answered);
};
