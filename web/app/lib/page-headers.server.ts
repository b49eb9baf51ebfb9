interface PageHeaderOptions {
  readonly nonce: string;
  readonly cookie: string | null;
  /** Pages put and fetch encrypted objects there. */
  readonly storageUrl: string;
}

/** Adds the session cookie and the security headers that every page of the website carries. */
export function withPageHeaders(response: Response, { nonce, cookie, storageUrl }: PageHeaderOptions): Response {
  const headers = new Headers(response.headers);
  if (cookie !== null) headers.append('set-cookie', cookie);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'same-origin');
  if (headers.get('content-type')?.startsWith('text/html')) {
    headers.set('content-security-policy', contentSecurityPolicy(nonce, new URL(storageUrl).origin));
  }
  // What a signed-in person sees must not come back out of a shared cache, or after a logout.
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-cache');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Styles may be inline: the dialog and menu primitives measure and lock scrolling with style elements. */
function contentSecurityPolicy(nonce: string, storageOrigin: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    `connect-src 'self' ${storageOrigin}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
