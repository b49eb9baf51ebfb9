import { PassThrough } from 'node:stream';
import { createReadableStreamFromReadable, type AppLoadContext, type EntryContext } from '@remix-run/node';
import { RemixServer } from '@remix-run/react';
import { isbot } from 'isbot';
import { renderToPipeableStream } from 'react-dom/server';
import { NonceContext } from './lib/nonce.ts';
import { withoutParameters } from './lib/request-id.server.ts';
import { RequestIdContext } from './lib/request-id.ts';

const RENDER_TIMEOUT_MS = 5_000;

/** Streams the page to people at once; crawlers get it when it is whole. */
export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
  loadContext: AppLoadContext,
): Promise<Response> {
  const whenReady = isbot(request.headers.get('user-agent')) ? 'onAllReady' : 'onShellReady';
  return new Promise((resolve, reject) => {
    let shellSent = false;
    const { pipe, abort } = renderToPipeableStream(
      <NonceContext.Provider value={loadContext.nonce}>
        <RequestIdContext.Provider value={loadContext.requestId}>
          <RemixServer context={remixContext} url={request.url} abortDelay={RENDER_TIMEOUT_MS} nonce={loadContext.nonce} />
        </RequestIdContext.Provider>
      </NonceContext.Provider>,
      {
        nonce: loadContext.nonce,
        [whenReady]() {
          shellSent = true;
          const body = new PassThrough();
          headers.set('content-type', 'text/html; charset=utf-8');
          resolve(new Response(createReadableStreamFromReadable(body), { headers, status: renderStatus }));
          pipe(body);
        },
        onShellError: reject,
        onError(error: unknown) {
          renderStatus = 500;
          if (shellSent) console.error(`A part of a page could not be rendered, request ${loadContext.requestId}`, error);
        },
      },
    );
    let renderStatus = status;
    setTimeout(abort, RENDER_TIMEOUT_MS + 1_000).unref();
  });
}

/** Typed errors became pages already; what comes here is a bug or a part that is down. */
export function handleError(error: unknown, { request, context }: { request: Request; context: AppLoadContext }): void {
  if (request.signal.aborted) return;
  console.error(`${request.method} ${new URL(request.url).pathname} failed, request ${context.requestId}`, withoutParameters(error));
}
