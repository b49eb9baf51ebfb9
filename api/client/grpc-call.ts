import { credentials, Metadata, status, type ChannelCredentials, type ClientOptions, type ServiceError } from '@grpc/grpc-js';
import { CyxError } from '#core/errors/cyx-error';
import type { ErrorCode } from '#core/errors/table';
import { decodeStatusDetails, errorFromDetails, STATUS_DETAILS_KEY } from './status-details.ts';

/** Every call has a deadline; streams have none, for a job may take days. */
const CALL_TIMEOUT_MS = 30_000;

/**
 * Everything in JobService may be repeated: submitting is idempotent by its request id. So a server that is restarting
 * is simply asked again.
 */
export const CHANNEL_OPTIONS: ClientOptions = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.max_reconnect_backoff_ms': 5_000,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc.service_config': JSON.stringify({
    methodConfig: [
      {
        name: [{ service: 'cyxwiz.job.v1.JobService' }],
        retryPolicy: { maxAttempts: 5, initialBackoff: '0.2s', maxBackoff: '3s', backoffMultiplier: 2, retryableStatusCodes: ['UNAVAILABLE'] },
      },
    ],
  }),
};

/** `host:port` (or `http://…`) in the clear, `https://host:port` with TLS. */
export function channelTarget(url: string): { address: string; channel: ChannelCredentials } {
  const match = /^(?:(https?):\/\/)?([^/]+)\/?$/.exec(url);
  if (match?.[2] === undefined) throw new CyxError('INVALID_INPUT', `"${url}" is not an address of a gRPC server: write host:port or https://host:port`);
  return { address: match[2], channel: match[1] === 'https' ? credentials.createSsl() : credentials.createInsecure() };
}

export function metadataOf(token: string | null): Metadata {
  const metadata = new Metadata();
  if (token !== null) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** One unary call as a promise, with a deadline and our own errors. */
export function unaryCall<Request, Response>(method: UnaryMethod<Request, Response>, request: Request, token: string | null): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, metadataOf(token), { deadline: Date.now() + CALL_TIMEOUT_MS }, (error, response) => {
      if (error === null) resolve(response);
      else reject(fromServiceError(error));
    });
  });
}

const CODES: Partial<Record<number, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'INVALID_INPUT',
  [status.DEADLINE_EXCEEDED]: 'UNAVAILABLE',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.PERMISSION_DENIED]: 'FORBIDDEN',
  [status.RESOURCE_EXHAUSTED]: 'PAYLOAD_TOO_LARGE',
  [status.UNAVAILABLE]: 'UNAVAILABLE',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
  [status.CANCELLED]: 'CANCELLED',
};

/** What the server said in its details, or null where it said nothing. */
export function reportedError(error: ServiceError): CyxError | null {
  const details = error.metadata?.get(STATUS_DETAILS_KEY)[0];
  return details instanceof Uint8Array ? errorFromDetails(decodeStatusDetails(details), error) : null;
}

/** What the server said in its details; where it said nothing, the nearest code of ours. */
export function fromServiceError(error: ServiceError): CyxError {
  const known = reportedError(error);
  if (known !== null) return known;
  const code = CODES[error.code] ?? 'INTERNAL';
  const message = code === 'UNAVAILABLE' ? 'The platform does not answer over gRPC. Is it running?' : error.details;
  return new CyxError(code, message, { cause: error });
}
