import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { createTokens, type NodeIdentity, type UserIdentity } from '#api/auth/tokens';
import { parseConfig, type Config } from '#core/config/config';
import { toCyxError } from '#core/errors/cyx-error';
import { startStorageServer } from '#cyxcloud/gateway/server';
import type { StorageActor, StorageLog, StorageServer } from '#cyxcloud/gateway/types';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { storageAccess } from './storage-access.ts';

/** Largest encrypted object of the embedded storage. Its manifest, which a put holds in memory, is then 3 MB. */
const MAX_OBJECT_BYTES = 16 * 1024 ** 3;
/** Subjects of the platform's own processes; people's ids are made by us and never start so. */
const PLATFORM_SUBJECT = /^platform-/;

/** The CyxCloud gateway with its 14 embedded storage nodes as its own process. Its state is below `<home>/storage`. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const tokens = await createTokens(JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK | JWK[]);
  const log: StorageLog = (level, event, facts) => process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...facts })}\n`);
  // Asked who may read what; the storage opens, and serves the platform itself, without it.
  const postgres = connectPostgres({ url: config.databaseUrl, maxConnections: 4, onError: (error) => log('warn', 'Database connection lost', { reason: error.message }) });
  const server = await startStorageServer({
    dataDir: join(config.home, 'storage'),
    host: config.host,
    port: config.ports.storage,
    authenticate: async (bearer) => actorOf(await tokens.verify(bearer)),
    authorize: storageAccess(postgres.db),
    maxObjectBytes: MAX_OBJECT_BYTES,
    allowedOrigins: webOrigins(config),
    ...readTls(config),
    log,
  });
  stopOnSignal(server, postgres);
  process.stdout.write(`${JSON.stringify({ ready: 'storage', url: server.url, port: server.port, pid: process.pid })}\n`);
}

function actorOf(identity: UserIdentity | NodeIdentity): StorageActor {
  if (identity.kind === 'node') return { subject: identity.nodeId, role: 'node' };
  const { userId, role } = identity;
  if (role !== 'operator') return { subject: userId, role: 'user' };
  return { subject: userId, role: PLATFORM_SUBJECT.test(userId) ? 'platform' : 'operator' };
}

/** People type localhost as often as 127.0.0.1; to a browser these are two origins. */
function webOrigins(config: Config): string[] {
  const { origin } = new URL(config.publicUrls.web);
  return [origin, origin.replace('//127.0.0.1', '//localhost')];
}

function readTls({ listenerTls }: Config): { tls?: { cert: string; key: string } } {
  if (listenerTls === undefined) return {};
  return { tls: { cert: readFileSync(listenerTls.certFile, 'utf8'), key: readFileSync(listenerTls.keyFile, 'utf8') } };
}

function stopOnSignal(server: StorageServer, postgres: Postgres): void {
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= server.close().then(() => postgres.close()).then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  const { message, cause } = toCyxError(error);
  const reason = cause instanceof Error ? `\n${cause.stack ?? cause.message}` : '';
  process.stderr.write(`The storage did not start: ${message}${reason}\n`);
  process.exit(1);
});
