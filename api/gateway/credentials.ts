import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';

/** grpc-js has no option for the oldest TLS version it accepts, but its base class takes Node's own options. */
class Tls13Credentials extends grpc.ServerCredentials {
  constructor(certFile: string, keyFile: string) {
    super({ minVersion: 'TLSv1.3' }, { cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.3' });
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

export function listenerCredentials(tls?: { readonly certFile: string; readonly keyFile: string }): grpc.ServerCredentials {
  return tls === undefined ? grpc.ServerCredentials.createInsecure() : new Tls13Credentials(tls.certFile, tls.keyFile);
}
