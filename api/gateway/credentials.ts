import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';

export interface ListenerTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Set: callers need a certificate that is signed by an authority in it. */
  readonly clientCaFile?: string;
}

/** grpc-js has no option for the oldest TLS version it accepts, but its base class takes Node's own options. */
class Tls13Credentials extends grpc.ServerCredentials {
  constructor({ certFile, keyFile, clientCaFile }: ListenerTls) {
    const clients = clientCaFile === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
    const authority = clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) };
    super({ minVersion: 'TLSv1.3', ...clients }, { cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.3', ...authority });
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

export function listenerCredentials(tls?: ListenerTls): grpc.ServerCredentials {
  return tls === undefined ? grpc.ServerCredentials.createInsecure() : new Tls13Credentials(tls);
}
