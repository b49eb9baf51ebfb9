import type { ClientLoaderFunctionArgs } from '@remix-run/react';
import { useSyncExternalStore } from 'react';

/** When the data of the page on screen was last fresh, while the platform can not be reached; else null. */
let staleSinceMs: number | null = null;
const listeners = new Set<() => void>();

function setStaleSince(ms: number | null): void {
  if (staleSinceMs === ms) return;
  staleSinceMs = ms;
  for (const tell of listeners) tell();
}

/** For the note that what stands here may be old. */
export function useStaleSince(): number | null {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => staleSinceMs,
    () => null,
  );
}

interface Kept {
  readonly url: string;
  readonly data: unknown;
  readonly atMs: number;
}

/**
 * A client loader for pages that refresh themselves: where a refresh fails because nobody answers, the page
 * stays as it is instead of becoming an error page. Going to another page still fails with its error.
 */
export function keepWhileOffline(now: () => number = Date.now) {
  let kept: Kept | null = null;
  const load = async ({ request, serverLoader }: Pick<ClientLoaderFunctionArgs, 'request' | 'serverLoader'>): Promise<unknown> => {
    try {
      const data: unknown = await serverLoader();
      kept = { url: request.url, data, atMs: now() };
      setStaleSince(null);
      return data;
    } catch (error) {
      if (!isUnanswered(error) || kept?.url !== request.url) throw error;
      setStaleSince(kept.atMs);
      return kept.data;
    }
  };
  // Also on hydration, where it costs no request: this is how it learns what the server rendered.
  return Object.assign(load, { hydrate: true as const });
}

/** fetch rejects with a TypeError where there is no answer at all; its text differs from browser to browser. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError && /fetch|network|load failed/i.test(error.message);
}
