import { DATA_FAULT } from './request-id.ts';

/**
 * Where a page fetches the next page's data and we fail, Remix hands it nothing but "Unexpected Server Error". With the
 * request's id in it, the error page can name what is to be looked for in the logs.
 */
export async function withRequestId(response: Response, requestId: string): Promise<Response> {
  if (response.headers.get('x-remix-error') !== 'yes' || response.status < 500) return response;
  await response.body?.cancel();
  return new Response(JSON.stringify({ message: `${DATA_FAULT} ${requestId}` }), { status: response.status, headers: response.headers });
}

/** A failed query quotes its parameters, and wrapped keys and password hashes are among them: only its cause is logged. */
export function withoutParameters(error: unknown): unknown {
  return error instanceof Error && 'query' in error && 'params' in error ? (error.cause ?? new Error('a query failed')) : error;
}
