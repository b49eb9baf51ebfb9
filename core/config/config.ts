import { z } from 'zod';
import { CyxError, type FieldViolation } from '../errors/cyx-error.ts';
import { CHALLENGE_SIZES } from '../hardware/challenge/task.ts';
import { oauthConfig, oauthShape, type OauthConfig } from './oauth.ts';
import { portVariables, type PortName } from './ports.ts';
import { derivedWsUrl, flag, hasAddress, hasScheme, port, presentOnly, unsetOrText, wholeNumber, type Env } from './values.ts';

/** Certificate and key of our own listeners (PEM files); with them a listener speaks TLS 1.3. */
export interface ListenerTls {
  readonly certFile: string;
  readonly keyFile: string;
}

/** How to reach a Temporal server. `tls` is set when the connection is encrypted. */
export interface TemporalConfig {
  /** host:port of the frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Empty object: TLS with the system's roots. Paths are PEM files; the pair is for mutual TLS. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly apiKey?: string;
  /** Encryption of payloads on every client and worker of the platform. */
  readonly privacy: {
    /** Keyring file; `npm start` makes it. */
    readonly keysFile: string;
    /** Payloads that nobody encrypted: those of histories from before, or of clients without our keys. */
    readonly plain: 'accept' | 'refuse';
  };
  /** Workers say which build they are, so that a deploy moves open workflows to the new one. `false` for servers that know no worker deployments. */
  readonly workerVersioning: boolean;
}

/** Everything a process of ours is told by its environment. Made by `parseConfig` only. */
export interface Config {
  /** Folder of all state (data, logs, keys); relative to the working directory unless absolute. */
  readonly home: string;
  /** Address our listeners bind to. */
  readonly host: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly databaseUrl: string;
  readonly mongodbUri: string;
  readonly temporal: TemporalConfig;
  readonly solanaRpcUrl: string;
  readonly solanaWsUrl: string;
  /** What wallets call the chain: `localnet`, `devnet`, `testnet` or `mainnet`. */
  readonly solanaChainId: string;
  /** How often the platform writes, on chain, which nodes it hears. Each write costs a fee. */
  readonly chainHeartbeatMs: number;
  /** Base URL of the CyxCloud gateway, without a slash at the end. */
  readonly storageUrl: string;
  readonly oauth: OauthConfig;
  /** The mail server; without one, mail is kept in `home/outbox`. */
  readonly smtp?: { readonly url: string; readonly from: string };
  readonly keysDir: string;
  /** Folder of the built programs (`*.so`). */
  readonly programsDir: string;
  readonly listenerTls?: ListenerTls;
  /** PEM file: the gateway takes connections of nodes alone whose certificate is signed by one of these authorities. */
  readonly gatewayClientCaFile?: string;
  readonly publicUrls: {
    /** Web and HTTP API. */
    readonly web: string;
    /** The CyxCloud gateway, as browsers reach it. */
    readonly storage: string;
    readonly temporalUi: string;
    /** host:port, as gRPC clients want it; with `https://` where it is encrypted though we have no certificate, behind a proxy. */
    readonly grpc: string;
    /** The same of the providers' way to Temporal. */
    readonly gateway: string;
  };
  /** Memory that a CPU fills to show what it can do, in MiB. */
  readonly challengeCpuMib: number;
  /** `true`: no outside replacement was named, so the embedded stack starts this part. */
  readonly embedded: {
    readonly postgres: boolean;
    readonly mongo: boolean;
    readonly temporal: boolean;
    readonly solana: boolean;
    readonly storage: boolean;
  };
}

/**
 * Name, password and database of the embedded PostgreSQL. Not a secret: it listens on the loopback
 * address only; a server that matters is named by DATABASE_URL.
 */
export const EMBEDDED_DATABASE = { user: 'cyxwiz', password: 'cyxwiz', database: 'cyxwiz' } as const;
const EMBEDDED_MONGO_DATABASE = 'cyxwiz';

const portShape = Object.fromEntries(
  Object.values(portVariables).map(({ variable, fallback }) => [variable, port(fallback)]),
);

const envSchema = z.object({
  ...portShape,
  CYXWIZ_HOME: unsetOrText,
  CYXWIZ_HOST: unsetOrText,
  CYXWIZ_KEYS_DIR: unsetOrText,
  CYXWIZ_PROGRAMS_DIR: unsetOrText,
  CYXWIZ_PUBLIC_URL: hasScheme(['http', 'https'], 'https://cyxwiz.example'),
  CYXWIZ_PUBLIC_GRPC: hasAddress,
  CYXWIZ_PUBLIC_GATEWAY: hasAddress,
  CYXWIZ_TEMPORAL_UI_URL: hasScheme(['http', 'https'], 'https://temporal.example'),
  ...oauthShape,
  CYXWIZ_SMTP_URL: hasScheme(['smtp', 'smtps'], 'smtps://user:password@mail.example:465'),
  CYXWIZ_MAIL_FROM: unsetOrText,
  CYXWIZ_STORAGE_URL: hasScheme(['http', 'https'], 'http://127.0.0.1:7300'),
  CYXWIZ_PUBLIC_STORAGE_URL: hasScheme(['http', 'https'], 'https://storage.cyxwiz.example'),
  CYXWIZ_TLS_CERT_FILE: unsetOrText,
  CYXWIZ_TLS_KEY_FILE: unsetOrText,
  CYXWIZ_GATEWAY_CLIENT_CA_FILE: unsetOrText,
  DATABASE_URL: hasScheme(['postgres', 'postgresql'], 'postgres://user:password@host:5432/cyxwiz'),
  MONGODB_URI: hasScheme(['mongodb', 'mongodb+srv'], 'mongodb://host:27017/cyxwiz'),
  TEMPORAL_ADDRESS: unsetOrText.refine((value) => value === undefined || /^[^\s/]+:\d{1,5}$/.test(value), {
    message: 'write host:port, for example temporal.example:7233, or unset it',
  }),
  TEMPORAL_NAMESPACE: unsetOrText,
  TEMPORAL_TLS: flag,
  TEMPORAL_TLS_CA_FILE: unsetOrText,
  TEMPORAL_TLS_CERT_FILE: unsetOrText,
  TEMPORAL_TLS_KEY_FILE: unsetOrText,
  TEMPORAL_API_KEY: unsetOrText,
  CYXWIZ_PAYLOAD_KEYS_FILE: unsetOrText,
  CYXWIZ_PAYLOAD_PLAIN: unsetOrText.refine((value) => value === undefined || value === 'accept' || value === 'refuse', {
    message: 'write accept or refuse, or unset it for accept',
  }),
  CYXWIZ_WORKER_VERSIONING: flag,
  CYXWIZ_CHALLENGE_CPU_MIB: wholeNumber({ min: 1, max: 4_096, fallback: CHALLENGE_SIZES.cpuMib }),
  SOLANA_RPC_URL: hasScheme(['http', 'https'], 'https://api.devnet.solana.com'),
  SOLANA_WS_URL: hasScheme(['ws', 'wss'], 'wss://api.devnet.solana.com'),
  CYXWIZ_CHAIN_HEARTBEAT_SECONDS: unsetOrText.refine((value) => value === undefined || (/^\d{1,6}$/.test(value) && Number(value) >= 1), {
    message: 'write whole seconds from 1 to 999999, or unset it: every round of the platform on the localnet, an hour elsewhere',
  }),
});
type Values = z.output<typeof envSchema> & Record<string, unknown>;

/**
 * Reads the whole configuration out of an environment.
 * @throws CyxError INVALID_INPUT that names every variable at fault and how to correct it.
 */
export function parseConfig(env: Env): Config {
  const result = envSchema.safeParse(env);
  if (!result.success) {
    throw configError(result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })));
  }
  const values = result.data as Values;
  const ports = readPorts(values);
  const faults = [...clashes(ports), ...halfPairs(values), ...certificatesInTheClear(values)];
  if (faults.length > 0) throw configError(faults);
  return assemble(values, ports);
}

function assemble(values: Values, ports: Readonly<Record<PortName, number>>): Config {
  const home = values.CYXWIZ_HOME ?? '.cyxwiz';
  const host = values.CYXWIZ_HOST ?? '127.0.0.1';
  const dial = dialled(host);
  const listenerTls = filePair(values.CYXWIZ_TLS_CERT_FILE, values.CYXWIZ_TLS_KEY_FILE);
  const scheme = listenerTls === undefined ? 'http' : 'https';
  const { user, password, database } = EMBEDDED_DATABASE;
  const keysDir = values.CYXWIZ_KEYS_DIR ?? `${home}/keys`;
  const storageUrl = (values.CYXWIZ_STORAGE_URL ?? `${scheme}://${dial}:${ports.storage}`).replace(/\/+$/, '');
  return {
    home,
    host,
    ports,
    databaseUrl: values.DATABASE_URL ?? `postgres://${user}:${password}@127.0.0.1:${ports.postgres}/${database}`,
    mongodbUri: values.MONGODB_URI ?? `mongodb://127.0.0.1:${ports.mongo}/${EMBEDDED_MONGO_DATABASE}`,
    temporal: temporalConfig(values, ports.temporal, keysDir),
    solanaRpcUrl: values.SOLANA_RPC_URL ?? `http://127.0.0.1:${ports.solanaRpc}`,
    solanaWsUrl: solanaWsUrl(values, ports.solanaWs),
    solanaChainId: chainIdOf(values.SOLANA_RPC_URL),
    chainHeartbeatMs: 1000 * Number(values.CYXWIZ_CHAIN_HEARTBEAT_SECONDS ?? (values.SOLANA_RPC_URL === undefined ? 1 : 3_600)),
    storageUrl,
    keysDir,
    oauth: oauthConfig(values),
    ...(values.CYXWIZ_SMTP_URL === undefined || values.CYXWIZ_MAIL_FROM === undefined ? {} : { smtp: { url: values.CYXWIZ_SMTP_URL, from: values.CYXWIZ_MAIL_FROM } }),
    programsDir: values.CYXWIZ_PROGRAMS_DIR ?? 'programs/bin',
    ...(listenerTls === undefined ? {} : { listenerTls }),
    ...(values.CYXWIZ_GATEWAY_CLIENT_CA_FILE === undefined ? {} : { gatewayClientCaFile: values.CYXWIZ_GATEWAY_CLIENT_CA_FILE }),
    publicUrls: {
      web: (values.CYXWIZ_PUBLIC_URL ?? `${scheme}://${dial}:${ports.http}`).replace(/\/+$/, ''),
      storage: (values.CYXWIZ_PUBLIC_STORAGE_URL ?? storageUrl).replace(/\/+$/, ''),
      temporalUi: (values.CYXWIZ_TEMPORAL_UI_URL ?? `http://127.0.0.1:${ports.temporalUi}`).replace(/\/+$/, ''),
      grpc: values.CYXWIZ_PUBLIC_GRPC ?? `${dial}:${ports.grpc}`,
      gateway: values.CYXWIZ_PUBLIC_GATEWAY ?? `${dial}:${ports.gateway}`,
    },
    challengeCpuMib: values.CYXWIZ_CHALLENGE_CPU_MIB,
    embedded: {
      postgres: values.DATABASE_URL === undefined,
      mongo: values.MONGODB_URI === undefined,
      temporal: values.TEMPORAL_ADDRESS === undefined,
      solana: values.SOLANA_RPC_URL === undefined,
      storage: values.CYXWIZ_STORAGE_URL === undefined,
    },
  };
}

function temporalConfig(values: Values, embeddedPort: number, keysDir: string): TemporalConfig {
  const files = presentOnly({
    caFile: values.TEMPORAL_TLS_CA_FILE,
    certFile: values.TEMPORAL_TLS_CERT_FILE,
    keyFile: values.TEMPORAL_TLS_KEY_FILE,
  });
  const apiKey = values.TEMPORAL_API_KEY;
  // An API key must never travel in the clear, so it switches TLS on unless that was ruled out by hand.
  const encrypted = values.TEMPORAL_TLS ?? (Object.keys(files).length > 0 || apiKey !== undefined);
  return {
    address: values.TEMPORAL_ADDRESS ?? `127.0.0.1:${embeddedPort}`,
    namespace: values.TEMPORAL_NAMESPACE ?? 'default',
    ...(encrypted ? { tls: files } : {}),
    ...(apiKey === undefined ? {} : { apiKey }),
    privacy: {
      keysFile: values.CYXWIZ_PAYLOAD_KEYS_FILE ?? `${keysDir}/payload-codec.json`,
      plain: values.CYXWIZ_PAYLOAD_PLAIN === 'refuse' ? 'refuse' : 'accept',
    },
    workerVersioning: values.CYXWIZ_WORKER_VERSIONING ?? true,
  };
}

function solanaWsUrl(values: Values, embeddedPort: number): string {
  if (values.SOLANA_WS_URL !== undefined) return values.SOLANA_WS_URL;
  if (values.SOLANA_RPC_URL !== undefined) return derivedWsUrl(values.SOLANA_RPC_URL);
  return `ws://127.0.0.1:${embeddedPort}`;
}

/** Who binds every interface is still reached by name: a client can not dial 0.0.0.0. */
export function dialled(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

/**
 * A gRPC server of ours as clients are told of it: `host:port`, with `https://` where it is encrypted, be it by our own
 * listener or by what stands before it.
 */
export function clientAddress(address: string, { listenerTls }: Pick<Config, 'listenerTls'>): string {
  return listenerTls === undefined || address.includes('://') ? address : `https://${address}`;
}

/** Public RPC addresses name their chain; one that does not is taken for the main chain. */
function chainIdOf(rpcUrl: string | undefined): string {
  if (rpcUrl === undefined) return 'localnet';
  return /devnet|testnet/.exec(rpcUrl)?.[0] ?? 'mainnet';
}

function readPorts(values: Record<string, unknown>): Record<PortName, number> {
  const entries = Object.entries(portVariables).map(([name, { variable }]) => [name, values[variable]]);
  return Object.fromEntries(entries) as Record<PortName, number>;
}

function clashes(ports: Readonly<Record<PortName, number>>): FieldViolation[] {
  const firstUser = new Map<number, string>();
  const faults: FieldViolation[] = [];
  for (const name of Object.keys(portVariables) as PortName[]) {
    const { variable } = portVariables[name];
    const other = firstUser.get(ports[name]);
    if (other !== undefined) faults.push({ path: variable, message: `port ${ports[name]} is also ${other}'s: change one` });
    else firstUser.set(ports[name], variable);
  }
  return faults;
}

function halfPairs(values: Values): FieldViolation[] {
  const pairs = [
    ['CYXWIZ_TLS_CERT_FILE', 'CYXWIZ_TLS_KEY_FILE'],
    ['TEMPORAL_TLS_CERT_FILE', 'TEMPORAL_TLS_KEY_FILE'],
    ['CYXWIZ_SMTP_URL', 'CYXWIZ_MAIL_FROM'],
    ['CYXWIZ_GITHUB_CLIENT_ID', 'CYXWIZ_GITHUB_CLIENT_SECRET'],
    ['CYXWIZ_GOOGLE_CLIENT_ID', 'CYXWIZ_GOOGLE_CLIENT_SECRET'],
  ] as const;
  return pairs.flatMap(([cert, key]) => {
    if ((values[cert] === undefined) === (values[key] === undefined)) return [];
    const [given, missing] = values[cert] === undefined ? [key, cert] : [cert, key];
    return [{ path: missing, message: `set it too (${given} is set), or unset both` }];
  });
}

/** Without TLS nobody would be asked for a certificate, whatever the operator believes. */
function certificatesInTheClear(values: Values): FieldViolation[] {
  if (values.CYXWIZ_GATEWAY_CLIENT_CA_FILE === undefined || values.CYXWIZ_TLS_CERT_FILE !== undefined) return [];
  return [{ path: 'CYXWIZ_TLS_CERT_FILE', message: 'set it and CYXWIZ_TLS_KEY_FILE too (CYXWIZ_GATEWAY_CLIENT_CA_FILE is set), or unset that' }];
}

function filePair(certFile: string | undefined, keyFile: string | undefined): ListenerTls | undefined {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

function configError(fields: readonly FieldViolation[]): CyxError {
  const text = fields.map((field) => `${field.path}: ${field.message}`).join('; ');
  return new CyxError('INVALID_INPUT', `The configuration is not right. ${text}`, { fields });
}
