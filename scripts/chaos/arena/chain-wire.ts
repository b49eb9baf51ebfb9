import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../plan/random.ts';
import type { ChainMode } from '../plan/trouble.ts';

/** The way to the chain's RPC, which can lose answers after the request went through: the worst moment of a payment. */
export interface ChainWire {
  readonly port: number;
  /** Trouble from now on, for about two calls in three; `undefined` ends it. */
  trouble(mode: ChainMode | undefined): void;
  cut(): void;
  mend(): void;
  /** Calls that were troubled so far. */
  troubled(): number;
  close(): Promise<void>;
}

const TROUBLED_SHARE = 0.65;
/** Now and then above the time after which the platform gives an RPC call up. */
const LONGEST_DELAY_MS = 22_000;

export async function startChainWire(targetPort: number, random: Random): Promise<ChainWire> {
  let mode: ChainMode | undefined;
  let isCut = false;
  let troubled = 0;

  const pass = async (request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> => {
    const now = isCut || mode === undefined || random.next() > TROUBLED_SHARE ? undefined : mode;
    if (now !== undefined) troubled += 1;
    if (isCut) return void response.destroy();
    if (now === 'delays') await sleep(random.next() < 0.1 ? LONGEST_DELAY_MS : random.between(200, 2_500));
    if (now === 'errors') return void response.writeHead(random.pick([429, 502, 503])).end('the chain is busy');
    const answer = await fetch(`http://127.0.0.1:${targetPort}${request.url ?? '/'}`, {
      method: request.method ?? 'POST',
      headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    const text = await answer.text();
    if (now === 'drops-answers' || isCut) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' }).end(text);
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => void pass(request, Buffer.concat(parts), response).catch(() => response.destroy()));
    request.on('error', () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    trouble: (next) => void (mode = next),
    cut: () => {
      isCut = true;
      server.closeAllConnections();
    },
    mend: () => void (isCut = false),
    troubled: () => troubled,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
