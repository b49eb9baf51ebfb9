import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '#scripts/stack/free-ports';

/** A connection to the platform that a test can cut and mend, as a train in a tunnel would. */
export interface BreakableWire {
  readonly url: string;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function createBreakableWire(target: string): Promise<BreakableWire> {
  const { hostname, port: targetPort } = new URL(target);
  const [port = 0] = await freePorts(1);
  const sockets = new Set<Socket>();
  const forward = (incoming: Socket): void => {
    const outgoing = connect(Number(targetPort), hostname);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on('close', () => outgoing.destroy());
    outgoing.on('close', () => incoming.destroy());
  };
  let server: Server | undefined;
  const mend = (): Promise<void> =>
    new Promise((resolve) => {
      server = createServer(forward).listen(port, '127.0.0.1', resolve);
    });
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      if (server === undefined) return resolve();
      server.close(() => resolve());
      server = undefined;
      for (const socket of sockets) socket.destroy();
    });
  await mend();
  return { url: `http://127.0.0.1:${port}`, cut, mend, close: cut };
}
