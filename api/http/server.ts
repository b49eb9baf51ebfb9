import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CyxError } from '#core/errors/cyx-error';
import type { HttpApp } from './context.ts';

const DRAIN_MS = 3_000;

export interface HttpServerOptions {
  readonly app: HttpApp;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** With a certificate the server speaks TLS 1.3 and nothing older. */
  readonly listenerTls?: { readonly certFile: string; readonly keyFile: string };
}

export interface HttpServer {
  readonly port: number;
  /** Lets requests in flight end for a moment, then cuts them; streams are cut at once. */
  close(): Promise<void>;
}

export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { app, host, port, listenerTls } = options;
  const handle = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const listener: RequestListener = (request, response) => void handle(request, response);
  const server: Server =
    listenerTls === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ cert: readFileSync(listenerTls.certFile), key: readFileSync(listenerTls.keyFile), minVersion: 'TLSv1.3' }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new CyxError('UNAVAILABLE', `HTTP can not listen on ${host}:${port}: is the port taken? Set CYXWIZ_HTTP_PORT.`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}
