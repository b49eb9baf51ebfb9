import type { ServerResponse } from 'node:http';
import type { CyxError } from '#core/errors/cyx-error';

/** HEAD answers have no body, so the code travels in a header too. */
export const ERROR_CODE_HEADER = 'x-cyxcloud-error';

/** Answers with problem+json (RFC 9457). */
export function sendProblem(response: ServerResponse, error: CyxError, withBody: boolean): void {
  const { http, title } = error.spec;
  const body = JSON.stringify({
    type: `urn:cyxwiz:error:${error.code}`,
    title,
    status: http,
    detail: error.message,
    code: error.code,
    ...(Object.keys(error.facts).length > 0 ? { facts: error.facts } : {}),
  });
  response.writeHead(http, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    [ERROR_CODE_HEADER]: error.code,
    ...(error.facts['retryAfterSeconds'] === undefined ? {} : { 'retry-after': error.facts['retryAfterSeconds'] }),
    // The request's body may be unread: this connection is of no more use.
    ...(http >= 400 && !response.req.complete ? { connection: 'close' } : {}),
  });
  response.end(withBody ? body : undefined);
}
