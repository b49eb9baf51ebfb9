import { randomUUID } from 'node:crypto';
import { Metadata, type handleServerStreamingCall, type handleUnaryCall, type ServerUnaryCall, type ServerWritableStream, type StatusObject } from '@grpc/grpc-js';
import { encodeStatusDetails, STATUS_DETAILS_KEY } from '#api/client/status-details';
import { logFailure, type EdgeLog } from '#api/services/edge-log';
import { CyxError, toCyxError } from '#core/errors/cyx-error';

export interface CallContext {
  /** The bearer token of the call. Throws UNAUTHENTICATED where there is none. */
  bearer(): string;
  /** Aborts when the caller hangs up or its deadline passes. */
  readonly signal: AbortSignal;
}

/** What wraps every handler: authority, deadline, typed errors, one log line. */
export interface CallOptions {
  readonly log: EdgeLog;
  /** Runs with the caller's deadline in force for calls that we make ourselves. */
  readonly withDeadline: <T>(deadline: Date | number, run: () => Promise<T>) => Promise<T>;
}

type Call = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;

const MAX_REQUEST_ID = 100;

export function unary<Request, Response>(
  options: CallOptions,
  handle: (request: Request, context: CallContext) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const { context, requestId } = openCall(call);
    options.withDeadline(call.getDeadline(), () => handle(call.request, context)).then(
      (response) => callback(null, response),
      (error: unknown) => callback(statusOf(error, requestId, call.getPath(), options.log)),
    );
  };
}

export function serverStream<Request, Response>(
  options: CallOptions,
  handle: (request: Request, context: CallContext) => AsyncIterable<Response>,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const { context, requestId } = openCall(call);
    void (async () => {
      try {
        for await (const message of handle(call.request, context)) {
          if (context.signal.aborted) return;
          if (!call.write(message)) await drained(call, context.signal);
        }
        call.end();
      } catch (error) {
        if (!context.signal.aborted) call.emit('error', statusOf(error, requestId, call.getPath(), options.log));
      }
    })();
  };
}

function openCall(call: Call): { context: CallContext; requestId: string } {
  const abort = new AbortController();
  call.on('cancelled', () => abort.abort());
  const asked = String(call.metadata.get('x-request-id')[0] ?? '');
  const requestId = asked !== '' && asked.length <= MAX_REQUEST_ID ? asked : randomUUID();
  const bearer = (): string => {
    const header = String(call.metadata.get('authorization')[0] ?? '');
    const token = /^Bearer (\S+)$/i.exec(header)?.[1];
    if (token === undefined) {
      throw new CyxError('UNAUTHENTICATED', 'This call needs a login: send "authorization: Bearer <token>" metadata.');
    }
    return token;
  };
  return { context: { bearer, signal: abort.signal }, requestId };
}

/** Resolves once the stream takes more, so that a slow reader never makes us buffer a whole job. */
function drained(call: ServerWritableStream<never, unknown> | NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      (call as NodeJS.EventEmitter).off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    (call as NodeJS.EventEmitter).on('drain', done);
    signal.addEventListener('abort', done);
  });
}

function statusOf(error: unknown, requestId: string, path: string, log: EdgeLog): Partial<StatusObject> & Error {
  const known = toCyxError(error);
  logFailure(log, error, { path, requestId });
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS_KEY, Buffer.from(encodeStatusDetails(known, requestId)));
  return Object.assign(new Error(known.message), { code: known.spec.grpc, details: known.message, metadata });
}
