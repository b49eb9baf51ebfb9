import type { ObjectStore } from './object-store.ts';

export type StorageRole = 'user' | 'node' | 'operator' | 'platform';

/** Who a bearer token belongs to. */
export interface StorageActor {
  readonly subject: string;
  readonly role: StorageRole;
}

/** What an actor asks for: the bytes of one object, or to put one. */
export type StorageWish = { readonly kind: 'read'; readonly cid: string; owner(): Promise<string> } | { readonly kind: 'write' };

export type StorageLog = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;

export interface StorageServerOptions {
  /** Holds one folder per storage node. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Throws CyxError UNAUTHENTICATED or TOKEN_EXPIRED for a token that is not good. */
  readonly authenticate: (bearer: string) => Promise<StorageActor>;
  /** Throws CyxError FORBIDDEN or FENCED where the actor may not. Left out, everybody with a good token may read and put. */
  readonly authorize?: (actor: StorageActor, wish: StorageWish) => Promise<void>;
  /** Largest encrypted object that a put may store. */
  readonly maxObjectBytes: number;
  readonly log: StorageLog;
  /** PEM texts; with them the listener speaks TLS 1.3 only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Web origins that may call from a browser, e.g. `http://127.0.0.1:3000`. */
  readonly allowedOrigins?: readonly string[];
  /** A transfer that moves no byte for this long is ended. Default 60 s. */
  readonly idleTimeoutMs?: number;
}

export interface StorageServer {
  readonly url: string;
  readonly port: number;
  /** The same store without HTTP, for repair jobs and tests. */
  readonly store: ObjectStore;
  close(): Promise<void>;
}
