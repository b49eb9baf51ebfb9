import { readFile } from 'node:fs/promises';
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type TLSConfig } from '@temporalio/client';
import { openDataConverter, type PayloadPrivacy } from '#temporal/codec/data-converter';

/** Calls whose answer may be long in coming; the client asks again by itself, until the caller's own deadline. */
const LONG_POLLS = /\/(GetWorkflowExecutionHistory|PollWorkflowExecutionUpdate)$/;
const LONG_POLL_DEADLINE_MS = 70_000;
const DEADLINE_MS = 15_000;

export interface TemporalClientOptions {
  /** host:port of the frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Set: encrypted. Paths are PEM files; an empty object means the system's roots; the pair is for mutual TLS. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly apiKey?: string;
  /** How payloads are encrypted. Without it they are not, and encrypted ones can not be read. */
  readonly privacy?: PayloadPrivacy;
  /** A call for which nobody set a deadline (`client.withDeadline`) fails after this time, retries included. Default 15 s. */
  readonly deadlineMs?: number;
}

/**
 * A connected client. Close it by `client.connection.close()`.
 * @throws CyxError INTERNAL where the payload keys can not be read.
 */
export async function createTemporalClient(options: TemporalClientOptions): Promise<Client> {
  const { namespace, privacy } = options;
  const dataConverter = privacy === undefined ? undefined : openDataConverter(privacy);
  const connection = await Connection.connect({
    address: options.address,
    connectTimeout: '10 s',
    // gRPC's own waits grow to two minutes, long after an outage is over.
    channelArgs: { 'grpc.max_reconnect_backoff_ms': 2_000 },
    // The first is the outermost: its deadline holds for all tries of the second together.
    interceptors: [withDefaultDeadline(options.deadlineMs ?? DEADLINE_MS), makeGrpcRetryInterceptor(defaultGrpcRetryOptions())],
    ...(options.tls === undefined ? {} : { tls: await readTls(options.tls) }),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  });
  return new Client({ connection, namespace, ...(dataConverter === undefined ? {} : { dataConverter }) });
}

/** gRPC waits for ever where it is told nothing: a server that hangs would hang every caller with it. */
function withDefaultDeadline(deadlineMs: number): Interceptor {
  return (options, nextCall) => {
    const isSet = options.deadline !== undefined && options.deadline !== Infinity;
    const defaultMs = LONG_POLLS.test(options.method_definition.path) ? LONG_POLL_DEADLINE_MS : deadlineMs;
    return new InterceptingCall(nextCall(isSet ? options : { ...options, deadline: Date.now() + defaultMs }));
  };
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
