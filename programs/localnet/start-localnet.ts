import { Chain } from './chain/chain.ts';
import { lockDataDir } from './journal/lock.ts';
import type { Localnet, LocalnetOptions } from './options.ts';
import type { RpcContext } from './rpc/method.ts';
import { httpListener } from './server/http.ts';
import { createServer, listen, stop } from './server/listen.ts';
import { startPubSub, type PubSub } from './server/pubsub.ts';

export type { Localnet, LocalnetOptions } from './options.ts';

/**
 * Starts the chain on `dataDir` and listens; resolves when both ports answer.
 *
 * @throws CyxError STATE_CONFLICT (the directory is in use), STORAGE_CORRUPT (its journal is damaged), NOT_FOUND (a
 * program file is missing), UNAVAILABLE (a port is taken).
 */
export async function startLocalnet(options: LocalnetOptions): Promise<Localnet> {
  const releaseLock = lockDataDir(options.dataDir);
  const opened: (() => void | Promise<void>)[] = [releaseLock];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const chain = await Chain.open(options);
    opened.push(() => chain.close());
    return { ...(await serve(chain, options, opened)), close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function serve(
  chain: Chain,
  options: LocalnetOptions,
  opened: (() => void | Promise<void>)[],
): Promise<Omit<Localnet, 'close'>> {
  const log = options.log ?? (() => {});
  const host = options.host ?? '127.0.0.1';
  const context: RpcContext = { chain, allowWarp: options.allowWarp === true };
  const listener = httpListener(context, log);
  const pubsub: PubSub = startPubSub(context, log);
  const open = async (port: number, variable: string): Promise<number> => {
    const server = createServer(options.tls, listener);
    pubsub.attach(server);
    opened.push(() => stop(server));
    return await listen(server, host, port, variable);
  };
  // Both ports speak both protocols: clients differ in where they look for subscriptions.
  const rpcPort = await open(options.rpcPort, 'CYXWIZ_SOLANA_RPC_PORT');
  const wsPort = await open(options.wsPort, 'CYXWIZ_SOLANA_WS_PORT');
  // Closed first: a server waits for its upgraded connections.
  opened.push(() => pubsub.close());
  const secure = options.tls === undefined ? '' : 's';
  const name = host.includes(':') ? `[${host}]` : host;
  return { rpcPort, wsPort, rpcUrl: `http${secure}://${name}:${rpcPort}`, wsUrl: `ws${secure}://${name}:${wsPort}` };
}
