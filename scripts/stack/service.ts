import type { PortName } from '#core/config/ports';

/** The processes a stack is made of. */
export const SERVICE_NAMES = [
  'postgres',
  'mongo',
  'temporal',
  'localnet',
  'storage',
  'api',
  'platform',
  'verifier',
  'verifier-2',
  'node',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** What a service said about itself when it became ready. */
export type ReadyFacts = Readonly<Record<string, unknown>>;

/** How to look whether a service is ready. */
export type Readiness =
  /** It prints one JSON line `{"ready": "<name>", …}`. */
  | { readonly kind: 'readyLine' }
  /** Called again and again until it no longer throws. */
  | { readonly kind: 'probe'; readonly probe: () => Promise<ReadyFacts> };

/** One process: how to start it, how to know that it is ready, how to end it. */
export interface ServiceSpec {
  readonly name: ServiceName;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** User and group to run as, where it may not run as root. */
  readonly account?: { readonly uid: number; readonly gid: number };
  readonly ports: readonly PortName[];
  /** Services that must be ready before this one starts. */
  readonly after: readonly ServiceName[];
  /** Runs before every start of the process, also before a restart. */
  readonly prepare?: () => Promise<void>;
  readonly readiness: Readiness;
  readonly readyTimeoutMs: number;
  /** How long a start that fails at once is tried again (a database may have to wait for its predecessor's end). */
  readonly startRetryMs: number;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly stopGraceMs: number;
}

/** One line for the person who started the stack. */
export type Log = (line: string) => void;

/** What the plan of a service depends on besides the configuration. */
export interface Surroundings {
  /** The checkout. */
  readonly root: string;
  /** Where set-up put the servers that are not Node packages. */
  readonly toolsDir: string;
  /** Environment of the processes. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}
