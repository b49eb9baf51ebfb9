import { connect, type ClientHttp2Session } from 'node:http2';
import type { Received } from './received.ts';

/** No answer: the connection was dropped. */
export const DROPPED = -1;

/** Many connections to the gateway, by HTTP/2 and nothing above it. */
export class Flood {
  readonly #sessions: ClientHttp2Session[] = [];
  readonly #port: number;
  readonly #received: Received;
  /** Connections that the other side ended. */
  ended = 0;

  constructor(port: number, received: Received) {
    this.#port = port;
    this.#received = received;
  }

  get open(): number {
    return this.#sessions.filter((session) => !session.destroyed).length;
  }

  connect(): Promise<ClientHttp2Session> {
    return new Promise((resolve) => {
      const session = connect(`http://127.0.0.1:${this.#port}`);
      this.#sessions.push(session);
      session.on('error', () => undefined);
      session.on('close', () => (this.ended += 1));
      for (const event of ['connect', 'close'] as const) session.once(event, () => resolve(session));
    });
  }

  connectMany(count: number): Promise<ClientHttp2Session[]> {
    return Promise.all(Array.from({ length: count }, () => this.connect()));
  }

  /** The gRPC status of a harmless call. */
  call(session: ClientHttp2Session, token: string): Promise<number> {
    return new Promise((resolve) => {
      if (session.destroyed) return resolve(DROPPED);
      const stream = session.request({ ':method': 'POST', ':path': '/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo', 'content-type': 'application/grpc', te: 'trailers', authorization: `Bearer ${token}` });
      const statusIn = (headers: Readonly<Record<string, unknown>>): void => {
        this.#received.note(JSON.stringify(headers));
        if (headers['grpc-status'] !== undefined) resolve(Number(headers['grpc-status']));
      };
      stream.on('response', statusIn).on('trailers', statusIn).on('data', (bytes: Buffer) => this.#received.note(bytes));
      stream.on('error', () => resolve(DROPPED)).on('close', () => resolve(DROPPED));
      // An empty message: not compressed, no bytes.
      stream.end(Buffer.alloc(5));
    });
  }

  close(): void {
    for (const session of this.#sessions.splice(0)) session.destroy();
    this.ended = 0;
  }
}
