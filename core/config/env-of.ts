import { oauthEnv } from './oauth.ts';
import { portVariables, type PortName } from './ports.ts';
import { dialled, type Config } from './config.ts';
import { presentOnly } from './values.ts';

/**
 * The environment that `parseConfig` reads back as this very configuration: what a process of ours gives
 * to the processes it starts. Embedded parts stay unnamed, so the child also knows that they are embedded.
 */
export function envOf(config: Config): Record<string, string> {
  const ports = (Object.keys(portVariables) as PortName[]).map((name): [string, string] => [
    portVariables[name].variable,
    String(config.ports[name]),
  ]);
  /** Undefined where it is our own listener: it follows host and port. */
  const unlessOwn = (address: string, port: number): string | undefined => (address === `${dialled(config.host)}:${port}` ? undefined : address);
  const named = presentOnly({
    CYXWIZ_HOME: config.home,
    CYXWIZ_HOST: config.host,
    CYXWIZ_KEYS_DIR: config.keysDir,
    CYXWIZ_PROGRAMS_DIR: config.programsDir,
    CYXWIZ_PUBLIC_URL: config.publicUrls.web,
    CYXWIZ_TEMPORAL_UI_URL: config.publicUrls.temporalUi,
    CYXWIZ_PUBLIC_STORAGE_URL: config.publicUrls.storage === config.storageUrl ? undefined : config.publicUrls.storage,
    CYXWIZ_PUBLIC_GRPC: unlessOwn(config.publicUrls.grpc, config.ports.grpc),
    CYXWIZ_PUBLIC_GATEWAY: unlessOwn(config.publicUrls.gateway, config.ports.gateway),
    CYXWIZ_TLS_CERT_FILE: config.listenerTls?.certFile,
    CYXWIZ_TLS_KEY_FILE: config.listenerTls?.keyFile,
    CYXWIZ_GATEWAY_CLIENT_CA_FILE: config.gatewayClientCaFile,
    ...oauthEnv(config.oauth),
    CYXWIZ_SMTP_URL: config.smtp?.url,
    CYXWIZ_MAIL_FROM: config.smtp?.from,
    CYXWIZ_STORAGE_URL: config.embedded.storage ? undefined : config.storageUrl,
    DATABASE_URL: config.embedded.postgres ? undefined : config.databaseUrl,
    MONGODB_URI: config.embedded.mongo ? undefined : config.mongodbUri,
    SOLANA_RPC_URL: config.embedded.solana ? undefined : config.solanaRpcUrl,
    SOLANA_WS_URL: config.solanaWsUrl,
    TEMPORAL_ADDRESS: config.embedded.temporal ? undefined : config.temporal.address,
    TEMPORAL_NAMESPACE: config.temporal.namespace,
    TEMPORAL_TLS: String(config.temporal.tls !== undefined),
    TEMPORAL_TLS_CA_FILE: config.temporal.tls?.caFile,
    TEMPORAL_TLS_CERT_FILE: config.temporal.tls?.certFile,
    TEMPORAL_TLS_KEY_FILE: config.temporal.tls?.keyFile,
    TEMPORAL_API_KEY: config.temporal.apiKey,
    CYXWIZ_PAYLOAD_KEYS_FILE: config.temporal.privacy.keysFile,
    CYXWIZ_PAYLOAD_PLAIN: config.temporal.privacy.plain,
    CYXWIZ_CHAIN_HEARTBEAT_SECONDS: String(config.chainHeartbeatMs / 1_000),
    CYXWIZ_CHALLENGE_CPU_MIB: String(config.challengeCpuMib),
    CYXWIZ_WORKER_VERSIONING: String(config.temporal.workerVersioning),
  });
  return { ...Object.fromEntries(ports), ...named };
}
