import type { PayloadBytesCodec } from '#temporal/codec/payload-codec';
import type { Allowance } from '../auth/throttle.ts';
import type { ConnectionLimits } from './connections.ts';
import type { ListenerTls } from './credentials.ts';
import type { GatewayMetrics } from './metrics.ts';

/** What is left to say about a caller once their node token was checked. */
export interface NodeIdentity {
  readonly nodeId: string;
  /** Task queues that the token names; nothing else may be polled. */
  readonly queues: readonly string[];
  /** End of the token's life; a poll that starts before it ends with it. */
  readonly expiresAtMs?: number;
}

/**
 * Checks a node token.
 * @throws CyxError TOKEN_EXPIRED where the token was good once, UNAUTHENTICATED for everything else.
 */
export type VerifyNodeToken = (token: string) => NodeIdentity | Promise<NodeIdentity>;

export interface GatewayUpstream {
  /** host:port of the Temporal frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Set: the connection is encrypted; the paths are PEM files, an empty object means the system's roots. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** The platform's own key for its Temporal server. Nodes never see it. */
  readonly apiKey?: string;
}

export interface GatewayLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface GatewayOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly upstream: GatewayUpstream;
  /** Decodes what nodes are given and encodes what they say. They never see its keys. */
  readonly payloads: PayloadBytesCodec;
  readonly verifyNodeToken: VerifyNodeToken;
  /** JSON file of the keys that seal task tokens; made on the first start, readable by its owner alone. */
  readonly sealKeysFile: string;
  readonly log: GatewayLog;
  readonly limits?: GatewayLimits;
  /** Left out, nobody looks at them. */
  readonly metrics?: GatewayMetrics;
  /** With a certificate the gateway speaks TLS 1.3 and nothing older. */
  readonly listenerTls?: ListenerTls;
}

/** What one node, and who is not known to be one, may take; left out, the defaults hold. */
export interface GatewayLimits {
  readonly connections?: ConnectionLimits;
  readonly callsOfNode?: Allowance;
}

export interface Gateway {
  readonly port: number;
  /** Resolves where a node's call would reach Temporal now, rejects within seconds where it would not. */
  reachTemporal(): Promise<void>;
  /** Lets calls in flight end for a moment, then cuts them. */
  close(): Promise<void>;
}
