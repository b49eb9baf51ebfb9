import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import pino from 'pino';
import { beat } from '#activities/node/heartbeats';
import { createOutbox, createSmtpMailer } from '#api/auth/mail';
import { createOauthProviders } from '#api/auth/oauth';
import { createPasswords } from '#api/auth/passwords';
import { createBrowserSessions } from '#api/auth/session';
import { createTokens, type Tokens } from '#api/auth/tokens';
import { edgeBeat } from '#api/gateway/edge-beat';
import { createGatewayMetrics } from '#api/gateway/metrics';
import { startGateway } from '#api/gateway/server';
import type { GatewayOptions } from '#api/gateway/types';
import { nodeTokenVerifier } from '#api/gateway/verify-node-token';
import { startGrpcServer } from '#api/grpc/server';
import { createHttpApp } from '#api/http/app';
import { startHttpServer } from '#api/http/server';
import { createWebsite } from '#api/http/website';
import { createChainReader } from '#api/services/chain-reader';
import type { ServiceDeps } from '#api/services/deps';
import { pingStorage } from '#api/services/health';
import { createServices } from '#api/services/services';
import { clientAddress, parseConfig, type Config } from '#core/config/config';
import { CHALLENGE_SIZES } from '#core/hardware/challenge/task';
import { connectMongo } from '#db/mongo/connect';
import { BEAT_MS, recordBeat } from '#db/postgres/beats';
import { connectPostgres, migrate } from '#db/postgres/connect';
import { createJobEventListener } from '#db/postgres/listen';
import { createLocalKms } from '#db/secrets/kms';
import { createTemporalClient } from '#temporal/client/connect';
import { openPayloadKeyring } from '#temporal/codec/keyring';
import { createPayloadBytesCodec, createPayloadCodec } from '#temporal/codec/payload-codec';
import { createWebHandler } from '#web/server.server';
import { readKmsKey, ready, runProcess } from './process.ts';

/** Set-up has made both. */
const SITE_FILES = {
  buildDir: fileURLToPath(new URL('../web/build', import.meta.url)),
  downloadsDir: fileURLToPath(new URL('../.cyxwiz/downloads', import.meta.url)),
} as const;

const OPERATOR_TOKEN_EVERY_MS = 12 * 3_600_000;

/** The edges: HTTP with the website, gRPC, and the providers' gateway to Temporal. */
runProcess('api', async (stopped) => {
  const config = parseConfig(process.env);
  // Standard output carries the ready line; logs go to standard error.
  const log = pino({ level: 'info', redact: ['req.headers.authorization'] }, pino.destination({ fd: 2, sync: true }));
  const parts = await connectParts(config, log);
  const { services, tokens, temporal } = parts;
  const tls = config.listenerTls === undefined ? {} : { listenerTls: config.listenerTls };
  const { host, ports } = config;

  const { temporalUi, storage, web, ...programs } = config.publicUrls;
  const { namespace, privacy } = config.temporal;
  const pages = createWebHandler({ services, ...SITE_FILES, publicUrls: { workflows: `${temporalUi}/namespaces/${encodeURIComponent(namespace)}/workflows`, storage, http: web, grpc: clientAddress(programs.grpc, config), gateway: clientAddress(programs.gateway, config) } });
  const keyring = openPayloadKeyring(privacy.keysFile);
  const codec = { payloads: createPayloadCodec(keyring), temporalUiUrl: temporalUi };
  const metrics = createGatewayMetrics();
  const app = createHttpApp(services, { log, codec, metrics, fallback: createWebsite({ ...SITE_FILES, handler: pages }) });
  const http = await startHttpServer({ app, host, port: ports.http, ...tls });
  const grpc = await startGrpcServer({
    services,
    host,
    port: ports.grpc,
    log,
    withDeadline: (deadline, run) => temporal.withDeadline(deadline, run),
    ...tls,
  });
  const gateway = await startGateway({
    host,
    port: ports.gateway,
    upstream: config.temporal,
    payloads: createPayloadBytesCodec(keyring, privacy),
    verifyNodeToken: nodeTokenVerifier(tokens),
    sealKeysFile: join(config.keysDir, 'gateway-seal.json'),
    log,
    metrics,
    ...gatewayTls(config),
  });
  const stopBeating = beat('edge beat', BEAT_MS, edgeBeat({
    reach: () => Promise.all([gateway.reachTemporal(), pingStorage(config.storageUrl)]),
    record: (upSince) => recordBeat(parts.db, 'edge', upSince),
  }), log);
  const tokenRenewal = setInterval(() => void leaveOperatorToken(config.home, tokens), OPERATOR_TOKEN_EVERY_MS);
  await leaveOperatorToken(config.home, tokens);
  ready('api', { http: http.port, grpc: grpc.port, gateway: gateway.port });

  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    else stopped.addEventListener('abort', () => resolve());
  });
  stopBeating();
  clearInterval(tokenRenewal);
  await Promise.all([http.close(), grpc.close(), gateway.close()]);
  await parts.close();
});

function gatewayTls({ listenerTls, gatewayClientCaFile }: Config): Pick<GatewayOptions, 'listenerTls'> {
  if (listenerTls === undefined) return {};
  return { listenerTls: { ...listenerTls, ...(gatewayClientCaFile === undefined ? {} : { clientCaFile: gatewayClientCaFile }) } };
}

/**
 * Whoever can read the platform's home is its operator: they find a token there, good for a day and renewed at each
 * start, for commands such as `cyxwiz audit`.
 */
async function leaveOperatorToken(home: string, tokens: Tokens): Promise<void> {
  const { token } = await tokens.issueUserToken({ userId: 'platform-operator', role: 'operator' });
  await writeFile(join(home, 'operator.token'), `${token}\n`, { mode: 0o600 });
}

/** Mail is sent where a server is named, and else kept for the operator to pass on. */
function mailOf({ smtp, home }: Config, log: pino.Logger): ServiceDeps['mail'] {
  const onFailure = (error: unknown): void => log.error({ err: error }, 'mail not sent');
  if (smtp !== undefined) return { mailer: createSmtpMailer(smtp), outbox: null, onFailure };
  const outbox = createOutbox(join(home, 'outbox'));
  return { mailer: outbox, outbox, onFailure };
}

async function connectParts(config: Config, log: pino.Logger) {
  const onError = (error: Error): void => log.warn({ err: error }, 'database connection lost');
  const postgres = connectPostgres({ url: config.databaseUrl, onError });
  await migrate(postgres);
  const mongo = await connectMongo({ uri: config.mongodbUri });
  const temporal = await createTemporalClient(config.temporal);
  const tokens = await createTokens(JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK | JWK[]);
  const jobEvents = createJobEventListener({ url: config.databaseUrl, onError });
  const services = createServices({
    postgres,
    mongo,
    temporal,
    tokens,
    jobEvents,
    sessions: createBrowserSessions(mongo, { secure: config.publicUrls.web.startsWith('https:') }),
    passwords: createPasswords(),
    kms: createLocalKms(readKmsKey(config)),
    chain: createChainReader({ rpcUrl: config.solanaRpcUrl }),
    oauth: createOauthProviders(config.oauth, (kind) => `${config.publicUrls.web}/login/${kind}/callback`),
    mail: mailOf(config, log),
    site: { publicUrl: config.publicUrls.web, chainId: config.solanaChainId, givesWelcomeCredit: config.embedded.solana },
    storageUrl: config.storageUrl,
    challengeSizes: { ...CHALLENGE_SIZES, cpuMib: config.challengeCpuMib },
  });
  const close = async (): Promise<void> => {
    await jobEvents.close();
    await temporal.connection.close();
    await Promise.all([postgres.close(), mongo.close()]);
  };
  return { services, tokens, temporal, db: postgres.db, close };
}
