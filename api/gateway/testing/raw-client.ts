import * as grpc from '@grpc/grpc-js';
import { SERVICE_PATH } from '../upstream.ts';

export interface RawAnswer {
  readonly code: grpc.status;
  readonly details: string;
  readonly body: Buffer;
  /** Headers and trailers, as a caller sees them. */
  readonly metadata: readonly grpc.Metadata[];
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** One call as an attacker would make it: any method, any bytes, any token. */
export function rawCall(client: grpc.Client, method: string, body: Buffer, token?: string, timeoutMs = 10_000): Promise<RawAnswer> {
  return rawPath(client, SERVICE_PATH + method, body, token, timeoutMs);
}

/** The same, of any service. */
export function rawPath(client: grpc.Client, path: string, body: Buffer, token?: string, timeoutMs = 10_000): Promise<RawAnswer> {
  const sent = new grpc.Metadata();
  if (token !== undefined) sent.set('authorization', `Bearer ${token}`);
  const metadata: grpc.Metadata[] = [];
  return new Promise((resolve) => {
    let answer: Omit<RawAnswer, 'metadata'> = { code: grpc.status.OK, details: '', body: Buffer.alloc(0) };
    const call = client.makeUnaryRequest(path, asIs, asIs, body, sent, { deadline: Date.now() + timeoutMs }, (error, value) => {
      answer = { code: error?.code ?? grpc.status.OK, details: error?.details ?? '', body: value ?? Buffer.alloc(0) };
    });
    call.on('metadata', (headers: grpc.Metadata) => metadata.push(headers));
    // Comes last, also after the callback.
    call.on('status', (status) => {
      metadata.push(status.metadata);
      setImmediate(() => resolve({ ...answer, metadata }));
    });
  });
}

/** A length-delimited field: number, then bytes, text or a message made of more of them. */
export function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const varint = (rest: number): number[] => (rest < 0x80 ? [rest] : [(rest & 0x7f) | 0x80, ...varint(rest >>> 7)]);
  return Buffer.concat([Buffer.from(varint(number * 8 + 2)), Buffer.from(varint(bytes.length)), bytes]);
}

export function pollBody(queue: string, namespace = 'default'): Buffer {
  return Buffer.concat([field(1, namespace), field(2, field(1, queue)), field(3, 'raw client')]);
}

/** What a worker says about a task: result, details or failure in field 2. */
export function taskBody(token: Uint8Array, value?: Buffer): Buffer {
  return Buffer.concat([field(1, Buffer.from(token)), ...(value === undefined ? [] : [field(2, value)]), field(4, 'default')]);
}

export function jsonPayloads(json: string): Buffer {
  const encoding = Buffer.concat([field(1, 'encoding'), field(2, 'json/plain')]);
  return field(1, Buffer.concat([field(1, encoding), field(2, json)]));
}

/** An application failure. */
export function failureBody(message: string, type = 'TRAINING_FAILED'): Buffer {
  return Buffer.concat([field(1, message), field(5, field(1, type))]);
}
