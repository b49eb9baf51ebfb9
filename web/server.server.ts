import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequestHandler, type RequestHandler, type ServerBuild } from '@remix-run/node';
import { z } from 'zod';
import type { Services } from '#api/services/types';
import { createRequestSession } from './app/lib/request-session.server.ts';
import { withRequestId } from './app/lib/request-id.server.ts';
import { isCrossSiteWrite } from './app/lib/same-origin.server.ts';
import { withPageHeaders } from './app/lib/page-headers.server.ts';

/** Addresses that pages show or link to, without a slash at the end. */
export interface WebPublicUrls {
  /** The namespace's workflows in Temporal Web, e.g. `http://127.0.0.1:8233/namespaces/default/workflows`. */
  readonly workflows: string;
  /** Where browsers reach the storage gateway. */
  readonly storage: string;
  /** Where people reach this website. */
  readonly http: string;
  /** Where their programs and nodes reach the gRPC API and the gateway: `host:port` or a URL. */
  readonly grpc: string;
  readonly gateway: string;
}

export interface WebHandlerOptions {
  readonly services: Services;
  /** Folder of the Remix build: `server/index.js` is run, `client/` is served by the HTTP app. */
  readonly buildDir: string;
  /** Folder of what people install; the HTTP app serves it below `/downloads`. */
  readonly downloadsDir?: string;
  readonly publicUrls: WebPublicUrls;
}

/**
 * The website as one fetch-style handler, for the HTTP app to mount behind its own routes and behind the
 * static files of `buildDir/client`. The build is loaded with the first request. `from` is the caller's network address;
 * `requestId` names the request in the logs.
 */
export function createWebHandler(options: WebHandlerOptions): (request: Request, from?: string, requestId?: string) => Promise<Response> {
  let loading: Promise<RequestHandler> | undefined;
  const load = async (): Promise<RequestHandler> => {
    loading ??= loadBuild(options.buildDir);
    try {
      return await loading;
    } catch (error) {
      // A request in the middle of a rebuild must not break every later one.
      loading = undefined;
      throw error;
    }
  };

  return async (request, from, requestId = randomUUID()) => {
    const { services, publicUrls } = options;
    const nonce = randomBytes(16).toString('base64');
    if (isCrossSiteWrite(request, publicUrls.http)) {
      return new Response('This form was sent from another website, so nothing was done.', {
        status: 403,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      });
    }
    const session = createRequestSession(services, request.headers.get('cookie'), { userAgent: request.headers.get('user-agent') ?? undefined, address: from });
    const handle = await load();
    const readDownloads = () => downloadsIn(options.downloadsDir);
    const response = await withRequestId(await handle(request, { services, publicUrls, session, nonce, from, requestId, readDownloads }), requestId);
    return withPageHeaders(response, { nonce, cookie: session.pendingCookie(), storageUrl: publicUrls.storage });
  };
}

const downloadsSchema = z.array(z.object({ file: z.string(), version: z.string(), sizeBytes: z.number(), sha256: z.string(), madeAt: z.string() }));

/** A file of ours that people install. */
export type Download = z.output<typeof downloadsSchema>[number];

/** What set-up has packed; nothing where it was not run. */
async function downloadsIn(folder: string | undefined): Promise<readonly Download[]> {
  const text = folder === undefined ? '[]' : await readFile(join(folder, 'downloads.json'), 'utf8').catch(() => '[]');
  return downloadsSchema.parse(JSON.parse(text));
}

async function loadBuild(buildDir: string): Promise<RequestHandler> {
  const url = pathToFileURL(join(buildDir, 'server', 'index.js')).href;
  const build = (await import(url)) as ServerBuild;
  return createRequestHandler(build, 'production');
}
