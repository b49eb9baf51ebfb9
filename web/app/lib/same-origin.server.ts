const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request would change something on behalf of another website. Browsers send `Origin` with every
 * form post; where it is missing, `Sec-Fetch-Site` must say that the page is ours. A request with neither
 * comes from no current browser and is refused too.
 */
export function isCrossSiteWrite(request: Request, publicUrl: string): boolean {
  if (READS.has(request.method)) return false;
  const origin = request.headers.get('origin');
  if (origin === null || origin === 'null') return request.headers.get('sec-fetch-site') !== 'same-origin';
  return origin !== new URL(request.url).origin && origin !== new URL(publicUrl).origin;
}
