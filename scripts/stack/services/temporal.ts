import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '#core/config/config';
import type { ServiceSpec, Surroundings } from '../service.ts';

const run = promisify(execFile);
/** Histories are what a payment can be checked against afterwards. */
const RETENTION = '90d';

/** Values the stock development server needs: without them every hop takes about 50 ms. */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.transferProcessorMaxPollHostRPS=5000',
  'history.timerProcessorMaxPollRPS=1000',
  // Customers take turns on a capability queue. What waits in queues of before is taken over.
  'matching.useNewMatcher=true',
  'matching.enableFairness=true',
  'matching.enableMigration=true',
  // With more than one partition each is fair by itself, and which one a node asks is left to chance.
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
] as const;

/**
 * A write-ahead log that is synced at every commit: as durable as SQLite's rollback journal, which is what the server takes
 * by itself, at half the syncs of each write. A submission is acknowledged in two thirds of the time by it.
 */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=FULL'] as const;

/** Search attributes of our workflows; all of them are exact words. */
const SEARCH_ATTRIBUTES = ['JobState', 'UserId', 'DeviceClass', 'NodeId'] as const;

/** The embedded Temporal server with its Web UI; everything it knows lies in one SQLite file. */
export function temporalSpec(config: Config, { toolsDir, env }: Surroundings): ServiceSpec {
  const dataDir = join(config.home, 'temporal');
  const command = join(toolsDir, 'py', 'bin', 'temporal');
  const address = `127.0.0.1:${config.ports.temporal}`;
  const { namespace } = config.temporal;
  return {
    name: 'temporal',
    command,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(config.ports.temporal)],
      ...['--ui-ip', '127.0.0.1', '--ui-port', String(config.ports.temporalUi), '--ui-codec-endpoint', `${config.publicUrls.web}/api/codec`],
      ...['--db-filename', join(dataDir, 'temporal.db'), '--namespace', namespace, '--log-level', 'warn'],
      ...SQLITE_PRAGMAS.flatMap((value) => ['--sqlite-pragma', value]),
      ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
      ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
    cwd: dataDir,
    env,
    ports: ['temporal', 'temporalUi'],
    after: [],
    prepare: () => {
      mkdirSync(dataDir, { recursive: true });
      return Promise.resolve();
    },
    readiness: {
      kind: 'probe',
      async probe() {
        // Setting the retention is also the proof that the frontend serves this namespace.
        await run(command, ['operator', 'namespace', 'update', '--address', address, '--retention', RETENTION, '--namespace', namespace], { timeout: 10_000 });
        return { address, ui: config.publicUrls.temporalUi };
      },
    },
    readyTimeoutMs: 60_000,
    startRetryMs: 5_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
  };
}
