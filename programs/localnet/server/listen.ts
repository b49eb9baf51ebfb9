import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CyxError } from '#core/errors/cyx-error';
import type { LocalnetOptions } from '../options.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than clients keep idle connections, so that they close first and never lose a request in between. */
const KEEP_ALIVE_MS = 65_000;

/** An HTTP server, TLS 1.3 only where a certificate is given. */
export function createServer(tls: LocalnetOptions['tls'], listener: RequestListener): Server {
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: 16 * 1024 };
  if (tls === undefined) return createHttpServer(limits, listener);
  return createHttpsServer({ ...limits, cert: tls.certPem, key: tls.keyPem, minVersion: 'TLSv1.3' }, listener);
}

/** Resolves with the port; names the port when it is taken. */
export function listen(server: Server, host: string, port: number, variable: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const text = isTaken
        ? `Port ${port} on ${host} is taken. Stop what uses it, or choose another port with ${variable}.`
        : `Cannot listen on ${host}:${port}: ${error.message}`;
      reject(new CyxError('UNAVAILABLE', text, { cause: error }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** The body as text; undefined once it is larger than allowed. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
