import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { stringifyJson } from '../codec/json.ts';
import type { LocalnetLog } from '../options.ts';
import { dispatch, tableHandler } from '../rpc/dispatch.ts';
import type { RpcContext } from '../rpc/method.ts';
import { readBody } from './listen.ts';

/** Room for a batch of a thousand calls; a transaction is 1,232 bytes. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Wallets call a cluster from any page, so every origin may; nothing here trusts a cookie. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET, OPTIONS',
  'access-control-allow-headers': 'content-type, solana-client',
  'access-control-max-age': '86400',
};

export function httpListener(context: RpcContext, log: LocalnetLog): RequestListener {
  const handle = tableHandler(context);
  return (request, response) => {
    serve(request, response, (text) => dispatch(text, handle, log)).catch((error: unknown) => {
      // The client went away in the middle of its request, or of our answer.
      log('http.aborted', { error: String(error) });
      response.destroy();
    });
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  call: (text: string) => Promise<unknown>,
): Promise<void> {
  if (request.method === 'OPTIONS') return reply(response, 204);
  if (request.method === 'GET' && request.url === '/health') return reply(response, 200, 'ok', 'text/plain');
  if (request.method !== 'POST')
    return reply(response, 405, 'Used HTTP Method is not allowed. POST or OPTIONS is required\n', 'text/plain');
  const text = await readBody(request, MAX_BODY_BYTES);
  if (text === undefined) {
    response.setHeader('connection', 'close');
    return reply(response, 413, `The request is larger than ${MAX_BODY_BYTES} bytes.\n`, 'text/plain');
  }
  const answer = await call(text);
  return answer === undefined ? reply(response, 204) : reply(response, 200, stringifyJson(answer), 'application/json');
}

function reply(response: ServerResponse, status: number, body = '', type?: string): void {
  response.writeHead(status, {
    ...CORS,
    ...(type === undefined ? {} : { 'content-type': type }),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
