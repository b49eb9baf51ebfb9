import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way between two processes that can be cut: a TCP proxy. */
export interface Wire {
  readonly port: number;
  /** Breaks what is open and lets nothing through. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param targetPort on this machine; nobody has to listen there yet. */
export async function startWire(targetPort: number): Promise<Wire> {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((incoming) => {
    if (isCut) return void incoming.destroy();
    const outgoing = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [[incoming, outgoing], [outgoing, incoming]] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // told by `close`
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      breakAll();
    },
    mend: () => void (isCut = false),
    close: async () => {
      isCut = true;
      breakAll();
      await new Promise((closed) => server.close(closed));
    },
  };
}
