import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { CyxError } from '#core/errors/cyx-error';
import type { GatewayUpstream } from './types.ts';

export const SERVICE_PATH = '/temporal.api.workflowservice.v1.WorkflowService/';
/** Temporal's own limit on one message. */
export const MAX_ANSWER_SIZE_BYTES = 4 * 1024 * 1024;

export type UnaryCallback = (error: grpc.ServiceError | null, response?: Buffer) => void;

/** One channel to Temporal, shared by all nodes. Messages are bytes on both sides. */
export interface UpstreamClient {
  unary(method: string, body: Buffer, metadata: grpc.Metadata, options: grpc.CallOptions, done: UnaryCallback): grpc.ClientUnaryCall;
  /** Resolves where Temporal answers. @throws ServiceError */
  probe(): Promise<void>;
  close(): void;
}

/** gRPC's own waits grow to two minutes: after an outage nodes would count as silent while it is us who do not try. */
const RECONNECT_WITHIN_MS = 2_000;
const PROBE_WITHIN_MS = 5_000;

const asIs = (bytes: Buffer): Buffer => bytes;

function channelCredentials(upstream: GatewayUpstream): grpc.ChannelCredentials {
  if (upstream.tls === undefined) return grpc.credentials.createInsecure();
  const read = (path: string | undefined): Buffer | null => (path === undefined ? null : readFileSync(path));
  const { caFile, keyFile, certFile } = upstream.tls;
  return grpc.credentials.createSsl(read(caFile), read(keyFile), read(certFile));
}

export function createUpstreamClient(upstream: GatewayUpstream): UpstreamClient {
  if (upstream.apiKey !== undefined && upstream.tls === undefined) {
    throw new CyxError('INVALID_INPUT', 'An API key for Temporal must not travel in the clear: set TEMPORAL_TLS=true');
  }
  const client = new grpc.Client(upstream.address, channelCredentials(upstream), {
    'grpc.max_receive_message_length': MAX_ANSWER_SIZE_BYTES,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.max_reconnect_backoff_ms': RECONNECT_WITHIN_MS,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const unary: UpstreamClient['unary'] = (method, body, metadata, options, done) => {
    // Set here, never copied from the node: the platform speaks to its Temporal server in its own name.
    metadata.set('temporal-namespace', upstream.namespace);
    if (upstream.apiKey !== undefined) metadata.set('authorization', `Bearer ${upstream.apiKey}`);
    return client.makeUnaryRequest(SERVICE_PATH + method, asIs, asIs, body, metadata, options, done);
  };
  return {
    unary,
    probe: () =>
      new Promise((resolve, reject) => {
        unary('GetSystemInfo', Buffer.alloc(0), new grpc.Metadata(), { deadline: Date.now() + PROBE_WITHIN_MS }, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => client.close(),
  };
}
