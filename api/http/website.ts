import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';

export interface WebsiteOptions {
  /** Folder of the Remix build. */
  readonly buildDir: string;
  /** Folder of what people install. */
  readonly downloadsDir?: string;
  /** Everything that is no file. `from` is the caller's network address; `requestId` names the request in the logs. */
  readonly handler: (request: Request, from?: string, requestId?: string) => Promise<Response>;
}

const YEAR_S = 31_536_000;

/** The website's files, then its pages: what `createHttpApp` falls back to. */
export function createWebsite({ buildDir, downloadsDir, handler }: WebsiteOptions): WebsiteOptions['handler'] {
  const root = join(buildDir, 'client');
  const site = new Hono<{ Bindings: { from?: string | undefined; requestId?: string | undefined } }>();
  if (existsSync(root)) {
    // Names under /assets carry a hash of their content, so they never change.
    site.use('/assets/*', serveStatic({ root, precompressed: true, onFound: (_path, c) => c.header('cache-control', `public, max-age=${YEAR_S}, immutable`) }));
    // A folder has no page of its own: pages are the handler's.
    site.use('/*', serveStatic({ root, index: '.none', onFound: (_path, c) => c.header('cache-control', 'public, max-age=3600') }));
  }
  if (downloadsDir !== undefined && existsSync(downloadsDir)) {
    // Made anew under the same name by a later set-up, so whoever has it asks again.
    const rewriteRequestPath = (path: string): string => path.replace(/^\/downloads/, '');
    site.use('/downloads/*', serveStatic({ root: downloadsDir, index: '.none', rewriteRequestPath, onFound: (_path, c) => c.header('cache-control', 'no-cache') }));
  }
  // One place turns errors into answers: the app that this is mounted in.
  site.onError((error) => {
    throw error;
  });
  site.all('*', (c) => handler(c.req.raw, c.env.from, c.env.requestId));
  return async (request, from, requestId) => site.fetch(request, { from, requestId });
}
