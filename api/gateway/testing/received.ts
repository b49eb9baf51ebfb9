import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type * as grpc from '@grpc/grpc-js';

/**
 * Everything that one party received: the bytes of its connections, and beside them what HTTP/2 compresses (headers,
 * trailers), as its programs show it.
 */
export class Received {
  readonly #pieces: Buffer[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  note(...things: (string | Uint8Array)[]): void {
    for (const thing of things) this.#pieces.push(Buffer.from(thing as string));
  }

  noteMetadata(all: readonly grpc.Metadata[]): void {
    for (const metadata of all) {
      for (const key of Object.keys(metadata.getMap())) this.note(key, ...metadata.get(key));
    }
  }

  /** An HTTP answer with its headers and body. */
  async noteResponse(response: Response): Promise<Response> {
    for (const [name, value] of response.headers) this.note(`${name}: ${value}`);
    const body = Buffer.from(await response.clone().arrayBuffer());
    this.note(body);
    return response;
  }

  /** A way to a port that keeps what comes back on it. */
  async tap(port: number): Promise<number> {
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      }
      far.on('data', (bytes) => this.#pieces.push(bytes));
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      near.pipe(far);
      far.pipe(near);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  get sizeBytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** How often it is in what was received: as it is, in hexadecimal digits, or in base64 wherever it begins there. */
  count(canary: string | Uint8Array): number {
    const all = Buffer.concat(this.#pieces);
    return writings(Buffer.from(canary as string)).reduce((sum, writing) => sum + occurrences(all, writing), 0);
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function writings(bytes: Buffer): Buffer[] {
  const hex = bytes.toString('hex');
  // What stands before it shifts base64: three ways, without the letters that share bits with the neighbours.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64').replace(/=+$/, '');
    const own = text.slice(shift === 0 ? 0 : shift + 1, -1);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const texts = new Set([hex, hex.toUpperCase(), ...base64]);
  return [bytes, ...[...texts].map((text) => Buffer.from(text))];
}

function occurrences(all: Buffer, wanted: Buffer): number {
  let count = 0;
  for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + 1)) count += 1;
  return count;
}
