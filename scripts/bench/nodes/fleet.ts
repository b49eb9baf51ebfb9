import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JWK } from 'jose';
import { createPlatformClient, type NodeClient } from '#activities/node/platform-client';
import { createTokens } from '#api/auth/tokens';
import { reportedError } from '#api/client/grpc-call';
import { NODE_HEARTBEAT_INTERVAL_MS } from '#core/node/machine';
import { unannouncedNodes } from '#db/postgres/node-announcements';
import type { JobParts } from '../job/platform.ts';
import { inLanes } from '../lanes.ts';
import { type Findings, type Result, row, type Say } from '../report.ts';
import { alternate, median, pairedRatio, quantile, spreadOf } from '../statistics.ts';
import { countersSince, readCounters, type Usage } from './counters.ts';

interface Sizes {
  readonly fleet: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** Heartbeats in each round of as many as go, and calls at once. */
const ROUND_BEATS = 2_000;
const AT_ONCE = 32;
const DAY_MS = 86_400_000;
/** The database writes its own housekeeping meanwhile: so long without a heartbeat is looked at first. */
const IDLE_MS = 10_000;
const ANNOUNCED_WITHIN_MS = 120_000;

/** A large fleet's heartbeats at their true rate, and then as many as go. */
export async function measureFleet(parts: JobParts, realIds: readonly string[], { fleet, seconds, rounds }: Sizes, say: Say): Promise<Findings> {
  say(`a fleet of ${fleet} nodes beats for ${seconds} s`);
  // Those that are registered on chain have a workflow, whose history is looked at; they beat like all others.
  const ids = [...realIds, ...(await makeFleet(parts, fleet - realIds.length))];
  const beats = await openBeats(parts, ids);
  try {
    await beats.send(fleet);
    await untilAnnounced(parts);
    const idle = await usageDuring(parts, realIds, () => delay(IDLE_MS));
    const latenciesMs: number[] = [];
    const busy = await usageDuring(parts, realIds, () => beats.atRate(fleet / NODE_HEARTBEAT_INTERVAL_MS, seconds * 1_000, latenciesMs));
    say(`${rounds} rounds of ${ROUND_BEATS} heartbeats as fast as they go, each beside as many bare statements`);
    const pairs = await alternate(rounds, () => beats.send(ROUND_BEATS), () => bareUpdates(parts, ids, ROUND_BEATS));
    return { results: [...atRate({ fleet, latenciesMs, idle, busy, failed: beats.failed(), watched: realIds.length }), fastest(pairs)], notes: [] };
  } finally {
    beats.close();
  }
}

/** Rows as registration leaves them, but for an account on chain. */
async function makeFleet({ postgres }: JobParts, count: number): Promise<string[]> {
  const { rows } = await postgres.pool.query<{ id: string }>(
    `INSERT INTO nodes (id, owner_id, machine_id, owner_address, device_class, device_name, hardware, state, announced_state, price_per_hour_base, last_seen_at, paused)
     SELECT gen_random_uuid(), 'fleet', 'machine-fleet-' || n, 'fleet', 'cpu', 'simulated processor', '{}', 'ACTIVE', 'ACTIVE', 1, now(), true FROM generate_series(1, $1) n RETURNING id`,
    [count],
  );
  return rows.map(({ id }) => id);
}

interface Beats {
  /** So many, as fast as they go; how many a second. */
  send(count: number): Promise<number>;
  atRate(perMs: number, forMs: number, latenciesMs: number[]): Promise<void>;
  failed(): number;
  close(): void;
}

async function openBeats({ stack: { config } }: JobParts, ids: readonly string[]): Promise<Beats> {
  const tokens = await createTokens(JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK | JWK[]);
  const client = createPlatformClient({ grpcUrl: `http://${config.publicUrls.grpc}`, reportedError });
  const nodes = new Map<string, NodeClient>();
  const nodeOf = async (id: string): Promise<NodeClient> => {
    const known = nodes.get(id);
    if (known !== undefined) return known;
    const issue = async (): Promise<string> => (await tokens.issueNodeToken({ nodeId: id, ownerId: 'fleet', machineId: 'fleet', queues: [] })).token;
    let token = await issue();
    const node = client.node({ current: () => Promise.resolve(token), renew: async () => (token = await issue()) });
    nodes.set(id, node);
    return node;
  };
  // Tokens are the nodes' own business and not part of what is measured.
  for (const id of ids) await nodeOf(id);
  let [next, failed] = [0, 0];
  const beat = async (): Promise<void> => {
    const id = ids[next++ % ids.length]!;
    await (await nodeOf(id)).heartbeat(id, false).catch(() => (failed += 1));
  };
  return {
    failed: () => failed,
    close: () => client.close(),
    send: (count) => perSecond(count, beat),
    async atRate(perMs, forMs, latenciesMs) {
      const startedMs = performance.now();
      const running = new Set<Promise<void>>();
      for (let sent = 0; performance.now() - startedMs < forMs; ) {
        for (; sent < (performance.now() - startedMs) * perMs; sent += 1) {
          const sentMs = performance.now();
          const one = beat().then(() => {
            latenciesMs.push(performance.now() - sentMs);
            running.delete(one);
          });
          running.add(one);
        }
        await delay(5);
      }
      await Promise.all(running);
    },
  };
}

async function perSecond(count: number, one: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await inLanes(AT_ONCE, count, one);
  return (count * 1_000) / (performance.now() - startedMs);
}

/** What the database alone would take: the one statement that a heartbeat has to be, on connections of our own. */
function bareUpdates({ postgres }: JobParts, ids: readonly string[], count: number): Promise<number> {
  let next = 0;
  return perSecond(count, () => postgres.pool.query('UPDATE nodes SET last_seen_at = now() WHERE id = $1', [ids[next++ % ids.length]]));
}

/** Until every node's workflow knows what the node is. */
async function untilAnnounced({ postgres: { db } }: JobParts): Promise<void> {
  for (const giveUpAtMs = Date.now() + ANNOUNCED_WITHIN_MS; (await unannouncedNodes(db, 1)).length > 0; await delay(500)) {
    if (Date.now() > giveUpAtMs) throw new Error('The nodes’ workflows were not told of their nodes in time');
  }
}

async function usageDuring(parts: JobParts, nodeIds: readonly string[], work: () => Promise<unknown>): Promise<Usage> {
  const before = await readCounters(parts, nodeIds);
  await work();
  return countersSince(before, await readCounters(parts, nodeIds));
}

interface AtRate {
  readonly fleet: number;
  readonly latenciesMs: readonly number[];
  readonly idle: Usage;
  readonly busy: Usage;
  readonly failed: number;
  /** Nodes whose workflows were looked at. */
  readonly watched: number;
}

function atRate({ fleet, latenciesMs, idle, busy, failed, watched }: AtRate): Result[] {
  const n = latenciesMs.length;
  const perSecondOf = (usage: Usage, value: number): number => (value * 1_000) / usage.tookMs;
  const single = (metric: string, unit: string, ours: number): Result => row({ metric, unit, ours, spread: [ours, ours], n, peer: null, peerName: null, ratio: null, goal: null, ok: null });
  const name = `${fleet} nodes at rest`;
  const walPerBeat = (busy.walBytes - (idle.walBytes * busy.tookMs) / idle.tookMs) / n;
  const beatsPerDay = DAY_MS / NODE_HEARTBEAT_INTERVAL_MS;
  return [
    single(`${name}: heartbeats`, '1/s', perSecondOf(busy, n)),
    { ...single(`${name}: heartbeats that failed`, 'heartbeats', failed), goal: '0', ok: failed === 0 },
    single(`${name}: rows written`, '1/s', perSecondOf(busy, busy.rowsWritten)),
    single(`${name}: rows written without heartbeats`, '1/s', perSecondOf(idle, idle.rowsWritten)),
    single(`${name}: write-ahead log for each node and day`, 'kB', (walPerBeat * beatsPerDay) / 1e3),
    row({ metric: `${name}: heartbeat, p50`, unit: 'ms', ours: median(latenciesMs), spread: spreadOf(latenciesMs), n, peer: null, peerName: null, ratio: null, goal: null, ok: null }),
    row({ metric: `${name}: heartbeat, p99`, unit: 'ms', ours: quantile(latenciesMs, 0.99), spread: spreadOf(latenciesMs), n, peer: null, peerName: null, ratio: null, goal: null, ok: null }),
    single(`${name}: memory of the API process`, 'MB', busy.apiMemoryMb),
    single(`${name}: memory that it grew by meanwhile`, 'MB', busy.apiMemoryGrewMb),
    { ...single(`${name}: history events for each node and day`, 'events', (busy.historyEvents / watched) * (DAY_MS / busy.tookMs)), n: watched, goal: '0', ok: busy.historyEvents === 0 },
  ];
}

function fastest(pairs: readonly { ours: number; peer: number }[]): Result {
  const { ratio, spread } = pairedRatio(pairs);
  return row({
    metric: `heartbeats as fast as they go, ${AT_ONCE} at once`,
    unit: '1/s',
    ours: median(pairs.map(({ ours }) => ours)),
    peer: median(pairs.map(({ peer }) => peer)),
    peerName: 'the bare UPDATE from one process, without gRPC and token',
    ratio,
    spread,
    n: pairs.length,
    goal: null,
    ok: null,
  });
}
