import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createConnections, type Connections, CONNECTION_LIMITS } from './connections.ts';

let server: Server;
let connections: Connections;
let clients: Socket[];

const LIMITS = { ...CONNECTION_LIMITS, unknown: 5, unknownPerAddress: 3, unknownForMs: 300, badTokens: 2, perNode: 2 };

beforeEach(async () => {
  clients = [];
  connections = createConnections(LIMITS);
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (!connections.admit(socket)) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of clients) client.destroy();
  server.close();
});

/** A connection, as the gateway's calls name it, and whether it is still there. */
async function open(): Promise<{ peer: string; isOpen: () => boolean }> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  clients.push(client);
  let isOpen = true;
  client.once('close', () => (isOpen = false));
  await once(client, 'connect');
  const peer = `127.0.0.1:${client.localPort}`;
  client.resume();
  return { peer, isOpen: () => isOpen };
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

it('drops connections of strangers beyond their bound, and none of a node that it knows', async () => {
  const mine = await open();
  await settled();
  connections.belongsTo(mine.peer, 'a');
  const strangers = [await open(), await open(), await open(), await open()];
  await settled();
  expect(strangers.map(({ isOpen }) => isOpen())).toEqual([true, true, true, false]);
  expect([mine.isOpen(), connections.counts(), connections.dropped]).toEqual([true, { unknown: 3, known: 1 }, 1]);
});

it('ends a connection on which nobody says who they are in time, and makes room for others', async () => {
  const stranger = await open();
  const node = await open();
  await settled();
  connections.belongsTo(node.peer, 'a');
  await vi.waitFor(() => expect(stranger.isOpen()).toBe(false), 2_000);
  expect([node.isOpen(), connections.counts()]).toEqual([true, { unknown: 0, known: 1 }]);
});

it('bounds the connections of a node, and counts those that are gone no more', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  await settled();
  for (const { peer } of [first, second, first]) connections.belongsTo(peer, 'a');
  expect(() => connections.belongsTo(third.peer, 'a')).toThrow('More than 2 connections');
  await vi.waitFor(() => expect(third.isOpen()).toBe(false), 2_000);
  clients[0]!.destroy();
  await settled();
  const fourth = await open();
  await settled();
  connections.belongsTo(fourth.peer, 'a');
  expect(connections.counts()).toEqual({ unknown: 0, known: 2 });
});

it('ends a connection that guesses tokens', async () => {
  const guesser = await open();
  await settled();
  connections.sentNoGoodToken(guesser.peer);
  await settled();
  expect(guesser.isOpen()).toBe(true);
  connections.sentNoGoodToken(guesser.peer);
  await vi.waitFor(() => expect(guesser.isOpen()).toBe(false), 2_000);
});
