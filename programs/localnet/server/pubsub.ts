import type { Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Chain } from '../chain/chain.ts';
import { stringifyJson } from '../codec/json.ts';
import type { LocalnetLog } from '../options.ts';
import { dispatch, tableHandler } from '../rpc/dispatch.ts';
import type { RpcContext } from '../rpc/method.ts';
import { MAX_BODY_BYTES } from './http.ts';
import { Subscriptions } from './subscriptions.ts';

/** A client that reads slower than the chain writes is dropped before it costs the chain its memory. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

export interface PubSub {
  /** Serves WebSocket upgrades of this server too. */
  attach(server: Server): void;
  close(): void;
}

/** Subscriptions over WebSocket; all other methods answer there as well. */
export function startPubSub(context: RpcContext, log: LocalnetLog): PubSub {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY_BYTES, perMessageDeflate: false });
  const open = new Set<Subscriptions>();
  context.chain.on({
    landed: (record) => open.forEach((subscriptions) => subscriptions.landed(record)),
    slot: (slot, parent) => open.forEach((subscriptions) => subscriptions.slot(slot, parent)),
  });
  sockets.on('connection', (socket: WebSocket) => {
    const subscriptions = connect(socket, context.chain, context, log);
    open.add(subscriptions);
    socket.on('close', () => open.delete(subscriptions));
  });
  return {
    attach: (server) =>
      server.on('upgrade', (request, stream, head) =>
        sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit('connection', socket, request)),
      ),
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function connect(socket: WebSocket, chain: Chain, context: RpcContext, log: LocalnetLog): Subscriptions {
  const send = (message: unknown): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
    else socket.send(stringifyJson(message));
  };
  const subscriptions = new Subscriptions(chain, send);
  const table = tableHandler(context);
  const handle = (method: string, params: unknown): unknown => {
    const subscribed = subscriptions.handle(method, params);
    return subscribed === undefined ? table(method, params) : subscribed.result;
  };
  socket.on('error', (error) => log('ws.error', { error: error.message }));
  socket.on('message', (data: Buffer) => {
    void dispatch(data.toString('utf8'), handle, log).then((answer) => {
      if (answer !== undefined) send(answer);
    });
  });
  return subscriptions;
}
