import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Config } from '#core/config/config';
import type { ServiceSpec, Surroundings } from '../service.ts';

/** The embedded MongoDB-wire server; it acknowledges a write only after it is on the disk. */
export function mongoSpec(config: Config, { toolsDir, env }: Surroundings): ServiceSpec {
  const dataDir = join(config.home, 'mongo');
  return {
    name: 'mongo',
    command: join(toolsDir, 'py', 'bin', 'secantusd-py'),
    args: ['--host', '127.0.0.1', '--port', String(config.ports.mongo), '--storage-path', dataDir, '--sync-on-commit', '--cache-size', '256M', '--log-level', 'WARNING'],
    // Its own folder: it would read a configuration file that happens to lie in the working directory.
    cwd: dataDir,
    env: { ...env, PYTHONUNBUFFERED: '1' },
    ports: ['mongo'],
    after: [],
    prepare: () => {
      mkdirSync(dataDir, { recursive: true });
      return Promise.resolve();
    },
    readiness: { kind: 'probe', probe: () => ping(config) },
    readyTimeoutMs: 60_000,
    startRetryMs: 5_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
  };
}

async function ping(config: Config): Promise<Record<string, unknown>> {
  const client = new MongoClient(config.mongodbUri, { serverSelectionTimeoutMS: 1_000, connectTimeoutMS: 1_000 });
  try {
    await client.db().command({ ping: 1 });
    return { uri: config.mongodbUri };
  } finally {
    await client.close();
  }
}
