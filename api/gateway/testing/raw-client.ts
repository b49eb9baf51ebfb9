import * as grpc from '@grpc/grpc-js';
import { SERVICE_PATH } from '../upstream.ts';

export interface RawAnswer {
  readonly code: grpc.status;
  readonly details: string;
  readonly body: Buffer;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** One call as an attacker would make it: any method, any bytes, any token. */
export function rawCall(client: grpc.Client, method: string, body: Buffer, token?: string, timeoutMs = 10_000): Promise<RawAnswer> {
  const metadata = new grpc.Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve) => {
    client.makeUnaryRequest(SERVICE_PATH + method, asIs, asIs, body, metadata, { deadline: Date.now() + timeoutMs }, (error, value) =>
      resolve({ code: error?.code ?? grpc.status.OK, details: error?.details ?? '', body: value ?? Buffer.alloc(0) }),
    );
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
