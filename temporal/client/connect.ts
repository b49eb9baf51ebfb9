import { readFile } from 'node:fs/promises';
import { Client, Connection, type TLSConfig } from '@temporalio/client';

export interface TemporalClientOptions {
  /** host:port of the frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Set: encrypted. Paths are PEM files; an empty object means the system's roots; the pair is for mutual TLS. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly apiKey?: string;
}

/** A connected client. Close it by `client.connection.close()`. */
export async function createTemporalClient(options: TemporalClientOptions): Promise<Client> {
  const connection = await Connection.connect({
    address: options.address,
    connectTimeout: '10 s',
    ...(options.tls === undefined ? {} : { tls: await readTls(options.tls) }),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  });
  return new Client({ connection, namespace: options.namespace });
}

async function readTls(files: NonNullable<TemporalClientOptions['tls']>): Promise<TLSConfig> {
  const { caFile, certFile, keyFile } = files;
  return {
    ...(caFile === undefined ? {} : { serverRootCACertificate: await readFile(caFile) }),
    ...(certFile === undefined || keyFile === undefined
      ? {}
      : { clientCertPair: { crt: await readFile(certFile), key: await readFile(keyFile) } }),
  };
}
