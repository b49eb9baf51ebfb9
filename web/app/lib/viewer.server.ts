import { redirect, type AppLoadContext } from '@remix-run/node';
import type { Viewer } from './request-session.server.ts';

/** The person who is logged in; others are sent to the login and come back afterwards. */
export async function requireViewer(context: AppLoadContext, request: Request): Promise<Viewer> {
  const viewer = await context.session.current();
  if (viewer !== null) return viewer;
  const { pathname, search } = new URL(request.url);
  // A write can not be repeated by coming back, so only reads are returned to.
  const next = request.method === 'GET' ? `?next=${encodeURIComponent(pathname + search)}` : '';
  throw redirect(`/login${next}`);
}

/** Only paths of this website: `//host` and `/\host` would leave it. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])[^\s\\]*$/.test(next) ? next : '/dashboard';
}
