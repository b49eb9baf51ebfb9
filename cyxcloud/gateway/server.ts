import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CyxError, toCyxError } from '#core/errors/cyx-error';
import { directoryNode } from '../node/directory-node.ts';
import { TOTAL_SHARDS } from './erasure.ts';
import { deleteObject, getObject, headObject, putObject, type ObjectCall } from './http-objects.ts';
import { ERROR_CODE_HEADER, sendProblem } from './http-problem.ts';
import { openObjectStore, type ObjectStore } from './object-store.ts';
import { createTransferLimit, type TransferLimit } from './transfer-limit.ts';
import type { StorageActor, StorageServer, StorageServerOptions } from './types.ts';

const DEFAULT_IDLE_TIMEOUT_MS = 60_000;

interface ServerParts {
  readonly store: ObjectStore;
  readonly transfers: TransferLimit;
  readonly options: StorageServerOptions;
}

/** The embedded default: 14 storage-node directories under `dataDir`, behind one HTTP server. */
export async function startStorageServer(options: StorageServerOptions): Promise<StorageServer> {
  const ids = Array.from({ length: TOTAL_SHARDS }, (_, index) => `node-${String(index).padStart(2, '0')}`);
  const nodes = ids.map((id) => directoryNode(id, join(options.dataDir, id)));
  const store = await openObjectStore({ nodes, log: options.log, now: () => new Date() });
  const server = createListener(options);
  const transfers = createTransferLimit();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void answer({ store, transfers, options }, request, response);
  });
  try {
    await listen(server, options);
  } catch (error) {
    await store.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${options.host}:${port}`,
    port,
    store,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await store.close();
    },
  };
}

function createListener({ tls, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS }: StorageServerOptions): Server {
  const server = tls === undefined ? createHttpServer() : createHttpsServer({ ...tls, minVersion: 'TLSv1.3' });
  // A big object takes as long as it takes; what must not last is a connection on which nothing moves.
  server.requestTimeout = 0;
  server.setTimeout(idleTimeoutMs);
  return server;
}

function listen(server: Server, { port, host }: StorageServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new CyxError('UNAVAILABLE', `Port ${port} is taken: set CYXWIZ_STORAGE_PORT to a free one`) : error);
    });
    server.listen(port, host, resolve);
  });
}

/** Never throws: what goes wrong becomes the answer, or the end of the connection once an answer has begun. */
async function answer(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { options } = parts;
  try {
    allowOrigin(options, request, response);
    await route(parts, request, response);
  } catch (cause) {
    // A sender that hung up has nobody to tell.
    if (request.destroyed && !request.complete) {
      response.destroy();
      return;
    }
    const error = toCyxError(cause);
    if (error.spec.http >= 500) {
      options.log('error', 'Request failed', { method: request.method, url: request.url, code: error.code, reason: reasonOf(error) });
    }
    if (response.headersSent) response.destroy();
    else sendProblem(response, error, request.method !== 'HEAD');
  }
}

/** The text for the operator's log; what the caller gets is `error.message`. */
function reasonOf({ cause, message }: CyxError): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : message;
}

async function route({ store, transfers, options }: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0]!;
  if (request.method === 'OPTIONS') return sendPreflight(response);
  if (path === '/healthz') return sendJson(response, { service: 'cyxcloud', ok: true, objects: store.objectCount });
  const isUpload = path === '/objects' && request.method === 'PUT';
  const cid = /^\/objects\/([^/]+)$/.exec(path)?.[1];
  if (!isUpload && cid === undefined) throw new CyxError('NOT_FOUND', `There is nothing at ${request.method} ${path}`);
  const actor = await authenticate(options, request);
  const { maxObjectBytes, authorize = everybody } = options;
  const call: ObjectCall = { store, request, response, actor, maxObjectBytes, authorize };
  if (cid === undefined) return transfers.run(actor, () => putObject(call));
  switch (request.method) {
    case 'GET':
      return transfers.run(actor, () => getObject(call, cid));
    case 'HEAD':
      return headObject(call, cid);
    case 'DELETE':
      return deleteObject(call, cid);
    default:
      throw new CyxError('INVALID_INPUT', `${request.method} is not possible on an object: use GET, HEAD or DELETE`);
  }
}

const everybody = (): Promise<void> => Promise.resolve();

async function authenticate(options: StorageServerOptions, request: IncomingMessage): Promise<StorageActor> {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer === undefined) throw new CyxError('UNAUTHENTICATED', 'Send your login token as "Authorization: Bearer …"');
  return options.authenticate(bearer);
}

/** Browsers of our own web origins may call; the token is in a header, never in a cookie. */
function allowOrigin({ allowedOrigins = [] }: StorageServerOptions, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff');
  const { origin } = request.headers;
  if (origin === undefined || !allowedOrigins.includes(origin)) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'origin');
  response.setHeader(
    'access-control-expose-headers',
    `etag, content-range, x-cyxcloud-stored-bytes, x-cyxcloud-created-at, x-cyxcloud-shards, x-cyxcloud-shard-locations, ${ERROR_CODE_HEADER}`,
  );
}

function sendPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, PUT, DELETE',
    'access-control-allow-headers': 'authorization, content-type, range',
    'access-control-max-age': '600',
  });
  response.end();
}

function sendJson(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
