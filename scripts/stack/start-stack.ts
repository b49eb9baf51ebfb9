import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '#core/config/config';
import { envOf } from '#core/config/env-of';
import { claimHome, endLeftovers, STACK_RECORD } from './leftovers.ts';
import { startService, type ManagedService, type StartContext } from './managed-service.ts';
import { assertPortsFree } from './port-check.ts';
import { removeRunRecord } from './run-files.ts';
import { ensureSecrets, type SecretFiles } from './secrets.ts';
import { SERVICE_NAMES, type Log, type ServiceName, type ServiceSpec, type Surroundings } from './service.ts';
import { mongoSpec } from './services/mongo.ts';
import { postgresSpec } from './services/postgres.ts';
import { temporalSpec } from './services/temporal.ts';
import { workerSpec } from './services/worker.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Set-up puts the servers that are not Node packages here, wherever the data lies. */
const TOOLS_DIR = join(ROOT, '.cyxwiz');

export interface StackOptions {
  readonly config: Config;
  readonly log: Log;
  /** Start these only; what they would wait for but is not named is taken to be there. All where not given. */
  readonly only?: readonly ServiceName[];
  /** What the processes inherit besides the configuration; this process's environment where not given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Aborting it while the stack starts ends what has been started; the start then fails. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  /** The configuration with absolute folders. */
  readonly config: Config;
  /** The environment from which a process of ours reads this stack's configuration. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: SecretFiles;
  readonly services: ReadonlyMap<ServiceName, ManagedService>;
  /** Ends every service, the last started first. Data stays. */
  stop(): Promise<void>;
}

/**
 * Starts the platform's processes in the order of what they need, those that need nothing of each other at
 * the same time, and keeps them running. What a killed stack left behind in the same home is ended first.
 * @throws CyxError STATE_CONFLICT (port taken, another stack on this home), UNAVAILABLE (a service did not start); nothing is left running then.
 */
export async function startStack({ config: given, log, only = SERVICE_NAMES, env = process.env, signal = new AbortController().signal }: StackOptions): Promise<Stack> {
  const config = withAbsoluteFolders(given);
  const runDir = join(config.home, 'run');
  mkdirSync(config.home, { recursive: true });
  claimHome(runDir);
  const services = new Map<ServiceName, ManagedService>();
  const stop = async (): Promise<void> => {
    await stopInOrder(specs, services);
    removeRunRecord(runDir, STACK_RECORD);
  };
  let specs: readonly ServiceSpec[] = [];
  try {
    await endLeftovers(runDir, log);
    const secrets = await ensureSecrets(config.keysDir);
    const childEnv = envOf(config);
    specs = plan(config, only, { root: ROOT, toolsDir: TOOLS_DIR, env: { ...env, ...childEnv }, log });
    await assertPortsFree(config, specs.flatMap((spec) => spec.ports));
    await startInOrder(specs, services, { home: config.home, log, signal });
    return { config, env: childEnv, secrets, services, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function withAbsoluteFolders(config: Config): Config {
  const privacy = { ...config.temporal.privacy, keysFile: resolve(config.temporal.privacy.keysFile) };
  const temporal = { ...config.temporal, privacy };
  return { ...config, temporal, home: resolve(config.home), keysDir: resolve(config.keysDir), programsDir: resolve(ROOT, config.programsDir) };
}

function plan(config: Config, only: readonly ServiceName[], surroundings: Surroundings): ServiceSpec[] {
  const replaced: readonly ServiceName[] = [
    ...(config.embedded.postgres ? [] : (['postgres'] as const)),
    ...(config.embedded.mongo ? [] : (['mongo'] as const)),
    ...(config.embedded.temporal ? [] : (['temporal'] as const)),
    ...(config.embedded.solana ? [] : (['localnet'] as const)),
    ...(config.embedded.storage ? [] : (['storage'] as const)),
  ];
  return SERVICE_NAMES.filter((name) => only.includes(name) && !replaced.includes(name)).map((name) => {
    switch (name) {
      case 'postgres':
        return postgresSpec(config, surroundings);
      case 'mongo':
        return mongoSpec(config, surroundings);
      case 'temporal':
        return temporalSpec(config, surroundings);
      default:
        return workerSpec(name, surroundings);
    }
  });
}

async function startInOrder(specs: readonly ServiceSpec[], services: Map<ServiceName, ManagedService>, context: StartContext): Promise<void> {
  const starts = new Map<ServiceName, Promise<void>>();
  for (const spec of specs) {
    // A service's predecessors stand before it in the list, so their promises are there already.
    const predecessors = spec.after.flatMap((name) => starts.get(name) ?? []);
    starts.set(
      spec.name,
      Promise.all(predecessors).then(async () => {
        const startedAtMs = performance.now();
        services.set(spec.name, await startService(spec, context));
        context.log(`${spec.name}: ready in ${Math.round(performance.now() - startedAtMs)} ms`);
      }),
    );
  }
  // Wait for all of them even when one fails: only then is it known what has to be stopped.
  const results = await Promise.allSettled(starts.values());
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function stopInOrder(specs: readonly ServiceSpec[], services: ReadonlyMap<ServiceName, ManagedService>): Promise<void> {
  const stops = new Map<ServiceName, Promise<void>>();
  for (const spec of [...specs].reverse()) {
    const dependants = specs.filter((other) => other.after.includes(spec.name)).flatMap((other) => stops.get(other.name) ?? []);
    stops.set(
      spec.name,
      Promise.allSettled(dependants).then(() => services.get(spec.name)?.stop()),
    );
  }
  const results = await Promise.allSettled(stops.values());
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
