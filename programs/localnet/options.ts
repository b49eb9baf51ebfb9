/** One program of the genesis: `soPath` is read at every start, its hash is compared with the journal's. */
export interface LocalnetProgram {
  readonly programId: string;
  readonly soPath: string;
  readonly name?: string;
}

/** Receives what an operator may want to read; `facts` are small and public. */
export type LocalnetLog = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

export interface LocalnetOptions {
  /** Holds journal, snapshot and lock; made when missing. One process at a time. */
  readonly dataDir: string;
  /** Address to listen on, `127.0.0.1` unless told otherwise. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly rpcPort: number;
  /** 0 takes a free port; web3.js expects `rpcPort + 1`. */
  readonly wsPort: number;
  readonly programs: readonly LocalnetProgram[];
  /** Enables `cyxwizWarpClock`. Tests only: a warped chain stays warped after a restart. */
  readonly allowWarp?: boolean;
  /** With a certificate both listeners speak TLS 1.3 only. */
  readonly tls?: { readonly certPem: string; readonly keyPem: string };
  readonly log?: LocalnetLog;
  /** Called once when the journal can no longer be written; the process must end, the disk has the truth. */
  readonly onFatal?: (error: Error) => void;
  /** Journal bytes after which a snapshot is taken. */
  readonly snapshotEveryBytes?: number;
}

export interface Localnet {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly rpcPort: number;
  readonly wsPort: number;
  /** Stops listening, waits for what was accepted to be on disk, releases the lock. */
  close(): Promise<void>;
}
