import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createChain, type Chain } from '#activities/platform/chain/chain';
import { loadKeypair } from '#activities/platform/chain/keypair';
import { measureSamplesPerSecond } from '#activities/node/benchmark';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { writeReservations } from '../node/contract.ts';
import type { Random } from '../plan/random.ts';
import type { Lie } from '../plan/trouble.ts';
import { killStrays } from './processes.ts';
import { startChaosNode, type ChaosNode } from './node.ts';
import { startChaosPlatform, type ChaosPlatform } from './platform.ts';
import { mountDisk, type SmallDisk } from './small-disk.ts';
import { makeStash } from './stash.ts';
import { signUpUsers, type ChaosUser } from './users.ts';

export interface Arena {
  readonly platform: ChaosPlatform;
  readonly users: readonly ChaosUser[];
  /** Every node there ever was, by id: what was slashed is looked up here. */
  readonly nodes: ReadonlyMap<string, ChaosNode>;
  readonly postgres: Postgres;
  readonly chain: Chain;
  /** Of the digits' model on one thread, as measured at the start. */
  readonly samplesPerSecond: number;
  /** One more honest node: for one that lost its stake or is gone. */
  addNode(lie?: Lie): Promise<ChaosNode>;
  /** An honest node whose runs lie on a disk of a few megabytes. */
  addSmallNode(): Promise<{ readonly node: ChaosNode; readonly disk: SmallDisk }>;
  /** Ends a node's processes; what it did stays on record. */
  retire(node: ChaosNode): Promise<void>;
  /** Only that node may take the job's first attempt. */
  reserve(jobId: string, nodeName: string): void;
  unreserve(jobId: string): void;
  remove(): Promise<void>;
}

export interface ArenaOptions {
  readonly users: number;
  readonly nodes: number;
  readonly random: Random;
  readonly log: (line: string) => void;
}

const open = new Set<() => Promise<void>>();

/** Ends every arena of this process: for somebody who does not want to wait for the end. */
export async function closeArenas(): Promise<void> {
  await Promise.all([...open].map((remove) => remove()));
}

/** Brings up the platform, its users and the first honest nodes; what fails half-way leaves nothing running. */
export async function openArena({ users: userCount, nodes: nodeCount, random, log }: ArenaOptions): Promise<Arena> {
  const platform = await startChaosPlatform({ log, random });
  const { config } = platform;
  const opened: (() => void | Promise<void>)[] = [() => platform.remove()];
  const remove = async (): Promise<void> => {
    open.delete(remove);
    for (const close of opened.splice(0).reverse()) await close();
  };
  open.add(remove);
  try {
    const postgres = connectPostgres({ url: config.databaseUrl, maxConnections: 6, onError: () => undefined });
    opened.push(() => postgres.close());
    const chain = createChain({ rpcUrl: config.solanaRpcUrl, wsUrl: config.solanaWsUrl, authority: loadKeypair(join(config.keysDir, 'platform-authority.json')) });
    const fleet = await createFleet(platform, log);
    opened.push(() => fleet.remove());
    const users = await signUpUsers(config, userCount);
    opened.push(() => users.forEach(({ client }) => client.close()));
    await Promise.all(Array.from({ length: nodeCount }, () => fleet.addNode()));
    return { ...fleet, platform, users, postgres, chain, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

type Fleet = Omit<Arena, 'platform' | 'users' | 'postgres' | 'chain'>;

async function createFleet({ config, home }: ChaosPlatform, log: (line: string) => void): Promise<Fleet> {
  const [stashFile, reservationsFile] = [join(home, 'stash.safetensors'), join(home, 'reservations.json')];
  await writeFile(stashFile, await makeStash());
  const samplesPerSecond = await measureSamplesPerSecond(await readFile(new URL('../../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8'), 1);
  log(`this machine trains ${Math.round(samplesPerSecond)} samples a second on one thread`);
  const nodes = new Map<string, ChaosNode>();
  const running = new Set<ChaosNode>();
  const disks: SmallDisk[] = [];
  const reservations: Record<string, string> = {};
  let count = 0;
  const start = async (lie: Lie | null, name: string): Promise<ChaosNode> => {
    const node = await startChaosNode({ name, lie, config, samplesPerSecond, stashFile, reservationsFile, log });
    nodes.set(node.nodeId, node);
    running.add(node);
    return node;
  };
  const retire = async (node: ChaosNode): Promise<void> => {
    if (running.delete(node)) await node.remove();
  };
  return {
    nodes,
    samplesPerSecond,
    addNode: (lie) => start(lie ?? null, `${lie ?? 'node'}-${++count}`),
    addSmallNode: async () => {
      const name = `small-${++count}`;
      const disk = mountDisk(join(home, 'nodes', name, 'runs'));
      disks.push(disk);
      return { node: await start(null, name), disk };
    },
    retire,
    reserve: (jobId, nodeName) => {
      reservations[jobId] = nodeName;
      writeReservations(reservationsFile, reservations);
    },
    unreserve: (jobId) => {
      delete reservations[jobId];
      writeReservations(reservationsFile, reservations);
    },
    remove: async () => {
      await Promise.all([...running].map(retire));
      await killStrays(join(home, 'nodes'));
      for (const disk of disks) disk.unmount();
    },
  };
}
