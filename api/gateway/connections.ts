import type { Socket } from 'node:net';
import { CyxError } from '#core/errors/cyx-error';

export interface ConnectionLimits {
  readonly total: number;
  /** Those on which no good token was shown yet: in all, and from one address. */
  readonly unknown: number;
  readonly unknownPerAddress: number;
  /** So long a connection may stay without a good token. */
  readonly unknownForMs: number;
  /** Calls without a good token that a connection may make. */
  readonly badTokens: number;
  readonly perNode: number;
}

/** A node needs one connection, and has a few more for moments when the old ones are not known to be dead yet. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  total: 16_384,
  unknown: 1_024,
  unknownPerAddress: 64,
  unknownForMs: 10_000,
  badTokens: 20,
  perNode: 8,
};

/** Long enough for the answer to a refused call to leave. */
const LINGER_MS = 250;

/** The connections of the gateway, by whose they are. */
export interface Connections {
  /** False where there is no room: the caller drops the connection without a word. */
  admit(socket: Socket): boolean;
  /** A good token was shown on it. @throws CyxError RATE_LIMITED where the node has enough others; the connection ends then. */
  belongsTo(peer: string, nodeId: string): void;
  /** A call without a good token: too many of them end the connection. */
  sentNoGoodToken(peer: string): void;
  counts(): { readonly unknown: number; readonly known: number };
  /** Connections that were dropped so far. */
  readonly dropped: number;
}

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  readonly nodes: Set<string>;
  badTokens: number;
  /** Told to go: it only waits for its last answer to leave. */
  isEnding: boolean;
  deadline: NodeJS.Timeout | undefined;
}

/** Counts by key; what has come down to nothing is forgotten. */
class Tally extends Map<string, number> {
  of(key: string): number {
    return this.get(key) ?? 0;
  }

  add(key: string, by: 1 | -1): void {
    const count = this.of(key) + by;
    if (count === 0) this.delete(key);
    else this.set(key, count);
  }
}

const isUnknown = ({ nodes, isEnding }: Connection): boolean => nodes.size === 0 && !isEnding;

export function createConnections(limits: ConnectionLimits = CONNECTION_LIMITS): Connections {
  const open = new Map<string, Connection>();
  const unknownOf = new Tally();
  const byNode = new Tally();
  let unknown = 0;
  let dropped = 0;

  const count = (connection: Connection, by: 1 | -1): void => {
    unknown += by;
    unknownOf.add(connection.address, by);
  };
  const end = (connection: Connection): void => {
    if (connection.isEnding) return;
    if (isUnknown(connection)) count(connection, -1);
    connection.isEnding = true;
    dropped += 1;
    setTimeout(() => connection.socket.destroy(), LINGER_MS).unref();
  };
  const forget = (peer: string, connection: Connection): void => {
    clearTimeout(connection.deadline);
    open.delete(peer);
    if (isUnknown(connection)) count(connection, -1);
    for (const nodeId of connection.nodes) byNode.add(nodeId, -1);
  };

  return {
    admit(socket) {
      const address = socket.remoteAddress ?? '';
      if (open.size >= limits.total || unknown >= limits.unknown || unknownOf.of(address) >= limits.unknownPerAddress) {
        dropped += 1;
        return false;
      }
      const peer = `${address}:${socket.remotePort}`;
      const connection: Connection = { socket, address, nodes: new Set(), badTokens: 0, isEnding: false, deadline: undefined };
      connection.deadline = setTimeout(() => isUnknown(connection) && end(connection), limits.unknownForMs).unref();
      open.set(peer, connection);
      count(connection, 1);
      socket.once('close', () => forget(peer, connection));
      return true;
    },
    belongsTo(peer, nodeId) {
      const connection = open.get(peer);
      if (connection === undefined || connection.nodes.has(nodeId)) return;
      if (connection.isEnding || byNode.of(nodeId) >= limits.perNode) {
        end(connection);
        throw new CyxError('RATE_LIMITED', `More than ${limits.perNode} connections from one node`, { facts: { retryAfterSeconds: '5' } });
      }
      if (isUnknown(connection)) count(connection, -1);
      connection.nodes.add(nodeId);
      byNode.add(nodeId, 1);
    },
    sentNoGoodToken(peer) {
      const connection = open.get(peer);
      if (connection !== undefined && ++connection.badTokens === limits.badTokens) end(connection);
    },
    counts: () => ({ unknown, known: open.size - unknown }),
    get dropped() {
      return dropped;
    },
  };
}
