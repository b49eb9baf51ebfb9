import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import type { NativeConnectionOptions } from '@temporalio/worker';

/** `host:port`, or a URL whose scheme says whether the connection is encrypted. */
export interface Endpoint {
  readonly address: string;
  readonly tls: boolean;
}

export function parseEndpoint(text: string): Endpoint {
  if (!text.includes('://')) return { address: text, tls: false };
  const url = new URL(text);
  const tls = url.protocol === 'https:';
  return { address: `${url.hostname}:${url.port === '' ? (tls ? 443 : 80) : url.port}`, tls };
}

/** @param caFile trusted beside nothing else; left out, the system's roots count. */
export function clientCredentials(endpoint: Endpoint, caFile?: string): grpc.ChannelCredentials {
  if (!endpoint.tls) return grpc.credentials.createInsecure();
  return grpc.credentials.createSsl(caFile === undefined ? null : readFileSync(caFile));
}

export interface EndpointTrust {
  readonly caFile?: string | undefined;
  readonly clientCertificate?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/** The same choice for the SDK's connection, with this node's own certificate where it has one. */
export function nativeTls(endpoint: Endpoint, { caFile, clientCertificate }: EndpointTrust): NonNullable<NativeConnectionOptions['tls']> {
  if (!endpoint.tls) return false;
  const own = clientCertificate === undefined ? {} : { clientCertPair: { crt: readFileSync(clientCertificate.certFile), key: readFileSync(clientCertificate.keyFile) } };
  return { ...own, ...(caFile === undefined ? {} : { serverRootCACertificate: readFileSync(caFile) }) };
}
