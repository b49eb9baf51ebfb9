import { CyxError, toCyxError } from '#core/errors/cyx-error';
import type { Problem } from '#api/client/wire/common';

/** Any error as problem+json (RFC 9457), from the one error table. */
export function problemResponse(error: unknown, requestId: string): Response {
  const known = toCyxError(error);
  const problem: Problem = {
    type: `urn:cyxwiz:error:${known.code}`,
    title: known.spec.title,
    status: known.spec.http,
    detail: known.message,
    code: known.code,
    requestId,
    errors: known.fields.map(({ path, message }) => ({ path, message })),
    facts: { ...known.facts },
  };
  const headers = new Headers({ 'content-type': 'application/problem+json', 'x-request-id': requestId, 'cache-control': 'no-store' });
  const waitSeconds = known.facts['retryAfterSeconds'];
  if (waitSeconds !== undefined) headers.set('retry-after', waitSeconds);
  const { allow } = known.facts;
  if (allow !== undefined) headers.set('allow', allow);
  if (known.spec.http === 401) headers.set('www-authenticate', `Bearer error="${known.code === 'TOKEN_EXPIRED' ? 'invalid_token' : 'unauthorized'}"`);
  return new Response(JSON.stringify(problem), { status: known.spec.http, headers });
}

export function notFound(method: string, path: string): CyxError {
  return new CyxError('NOT_FOUND', `There is no ${method} ${path.slice(0, 200)} here. GET /api/openapi.json lists what there is.`);
}
