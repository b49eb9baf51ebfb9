import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfig, type Config } from '#core/config/config';
import { envOf } from '#core/config/env-of';
import { portVariables, type PortName } from '#core/config/ports';
import { freePortsEnv } from '../../stack/free-ports.ts';
import { claimHome, STACK_RECORD } from '../../stack/leftovers.ts';
import { startService, type ManagedService } from '../../stack/managed-service.ts';
import { removeRunRecord } from '../../stack/run-files.ts';
import { ensureSecrets } from '../../stack/secrets.ts';
import type { Log, ServiceName, ServiceSpec, Surroundings } from '../../stack/service.ts';
import { mongoSpec } from '../../stack/services/mongo.ts';
import { postgresSpec } from '../../stack/services/postgres.ts';
import { removeDataOutside } from '../../stack/services/postgres-account.ts';
import { temporalSpec } from '../../stack/services/temporal.ts';
import { workerSpec } from '../../stack/services/worker.ts';
import { endAbandonedStacks, TEST_FOLDER_PREFIX } from '../../test/abandoned.ts';
import type { Random } from '../plan/random.ts';
import type { PlatformPart } from '../plan/trouble.ts';
import { startChainWire, type ChainWire } from './chain-wire.ts';
import { createGate, type Gate } from './gate.ts';
import { killStrays } from './processes.ts';
import { startWire, type Wire } from './wire.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const DEPENDENCIES = ['temporal', 'postgres', 'mongo', 'storage'] as const satisfies readonly PortName[];
type Dependency = (typeof DEPENDENCIES)[number];
const CONSUMERS = ['api', 'platform', 'verifier'] as const;
type Consumer = (typeof CONSUMERS)[number];

/** The ways of one of our processes to what it needs. */
type Wires = Readonly<Record<Dependency, Wire>> & { readonly chain: ChainWire };

/** A whole real platform in a folder of its own, whose processes can be killed and whose connections can be cut. */
export interface ChaosPlatform {
  readonly config: Config;
  readonly home: string;
  readonly wires: Readonly<Record<Consumer, Wires>>;
  /** `kill -9`; it is started again after this long. Returns whether it lived. */
  kill(part: PlatformPart, downMs: number): boolean;
  /** Lets what is held down start now. */
  release(part: PlatformPart): void;
  isUp(part: PlatformPart): boolean;
  pid(part: PlatformPart): number | undefined;
  restarts(): Readonly<Record<string, number>>;
  remove(): Promise<void>;
}

interface Member {
  readonly part: PlatformPart;
  readonly gate: Gate;
  readonly service: ManagedService;
}

export async function startChaosPlatform({ log, random }: { log: Log; random: Random }): Promise<ChaosPlatform> {
  // Trainings and whatever else no record names are found by what they were started with.
  for (const abandoned of await endAbandonedStacks()) await killStrays(join(abandoned, 'home'));
  const folder = mkdtempSync(join(tmpdir(), TEST_FOLDER_PREFIX));
  chmodSync(folder, 0o755); // PostgreSQL may run under another account and has to reach its folder
  const home = join(folder, 'home');
  const config = { ...parseConfig({ ...(await freePortsEnv()), CYXWIZ_HOME: home }), programsDir: join(ROOT, 'programs', 'bin') };
  mkdirSync(home, { recursive: true });
  claimHome(join(home, 'run'));
  await ensureSecrets(config.keysDir);
  const members: Member[] = [];
  const wires = await startWires(config, random);
  const remove = async (): Promise<void> => {
    for (const { gate } of members) gate.open();
    // Those that need others end first.
    for (const { service } of [...members].reverse()) await service.stop();
    await Promise.all(Object.values(wires).flatMap((ways) => Object.values(ways).map((wire) => wire.close())));
    await killStrays(home);
    removeRunRecord(join(home, 'run'), STACK_RECORD);
    removeDataOutside(home);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await startMembers({ config, log, wires, members });
  } catch (error) {
    await remove();
    throw error;
  }
  const of = (part: PlatformPart): Member[] => members.filter((member) => member.part === part);
  return {
    config,
    home,
    wires,
    kill: (part, downMs) => of(part).map((member) => killMember(member, downMs)).some((lived) => lived),
    release: (part) => of(part).forEach(({ gate }) => gate.open()),
    isUp: (part) => of(part).every(({ service }) => service.pid() !== undefined),
    pid: (part) => of(part)[0]?.service.pid(),
    restarts: () => Object.fromEntries(members.map(({ part, service }) => [part, service.restarts()])),
    remove,
  };
}

function killMember({ gate, service }: Member, downMs: number): boolean {
  const pid = service.pid();
  gate.shut(downMs);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}

async function startWires(config: Config, random: Random): Promise<Record<Consumer, Wires>> {
  const of = async (consumer: Consumer): Promise<readonly [Consumer, Wires]> => {
    const ways = await Promise.all(DEPENDENCIES.map(async (name) => [name, await startWire(config.ports[name])] as const));
    const chain = await startChainWire(config.ports.solanaRpc, random.fork(`chain of ${consumer}`));
    return [consumer, { ...(Object.fromEntries(ways) as Record<Dependency, Wire>), chain }];
  };
  return Object.fromEntries(await Promise.all(CONSUMERS.map(of))) as Record<Consumer, Wires>;
}

interface Starting {
  readonly config: Config;
  readonly log: Log;
  readonly wires: Readonly<Record<Consumer, Wires>>;
  /** Filled as they start, so that a start which fails knows what to end. */
  readonly members: Member[];
}

async function startMembers({ config, log, wires, members }: Starting): Promise<void> {
  const signal = new AbortController().signal;
  const start = async (part: PlatformPart, spec: ServiceSpec): Promise<void> => {
    const gate = createGate();
    const gated: ServiceSpec = {
      ...spec,
      prepare: async () => {
        await gate.pass();
        await spec.prepare?.();
      },
    };
    const service = await startService(gated, { home: config.home, log, signal });
    members.push({ part, gate, service });
  };
  const surroundings = (consumer?: Consumer): Surroundings => ({
    root: ROOT,
    toolsDir: join(ROOT, '.cyxwiz'),
    log,
    env: { ...process.env, ...envOf(config), ...(consumer === undefined ? { CYXWIZ_LOCALNET_ALLOW_WARP: 'true' } : throughWires(wires[consumer])) },
  });
  const base = surroundings();
  // Settled, not raced: after a failure it must be known what runs.
  const started = await Promise.allSettled([
    start('postgres', postgresSpec(config, base)),
    start('mongo', mongoSpec(config, base)),
    start('temporal', temporalSpec(config, base)),
    start('localnet', workerSpec('localnet', base)),
    start('storage', workerSpec('storage', base)),
  ]);
  for (const result of started) if (result.status === 'rejected') throw result.reason;
  await start('api', workerSpec('api', surroundings('api')));
  await start('platform', workerSpec('platform', surroundings('platform')));
  // Two verifiers, on the same wires: a bad verdict needs another one's.
  for (const name of ['verifier', 'verifier-2'] as const) await start('verifier', workerSpec(name, surroundings('verifier')));
}

/** Ports under which a process of ours finds what it needs, told by its environment. */
function throughWires(wires: Wires): Record<string, string> {
  const ports: readonly (readonly [PortName | ServiceName, number])[] = [...DEPENDENCIES.map((name) => [name, wires[name].port] as const), ['solanaRpc', wires.chain.port]];
  return Object.fromEntries(ports.map(([name, port]) => [portVariables[name as PortName].variable, String(port)]));
}
