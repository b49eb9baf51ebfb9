import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { JWK } from 'jose';
import { createTokens } from '#api/auth/tokens';
import { openDataConverter } from '#temporal/codec/data-converter';
import { nodeQueue } from '#temporal/contract/queues';
import { temporaryStack } from '../../test/temporary-stack.ts';
import { startBenchChild } from '../child.ts';
import { createCleanUp, type CleanUp } from '../job/clean-up.ts';
import { quietRuntime } from '../job/runtime.ts';
import { row, type Findings, type Result, type Say } from '../report.ts';
import { alternate, median, pairedRatio, quantile, spreadOf, type Pair } from '../statistics.ts';
import { BENCH_NODE, BENCH_QUEUE, DIRECT_QUEUE, SINGLE_CALLS_QUEUE, type BenchActivities, type RoundTripsInput } from './contract.ts';
import { measureCalls } from './calls.ts';
import type { roundTripsWorkflow } from './workflow.ts';

export interface GatewayBenchSizes {
  /** Workflows through the gateway, each beside one whose worker is connected to Temporal itself. */
  readonly pairs: number;
  /** Activities of each, one after the other. */
  readonly activities: number;
  /** Pairs of single calls. */
  readonly calls: number;
}

const WARM_UP_PAIRS = 5;
const GOAL_ADDED_MS = 2;
const PEER = 'straight to Temporal';
const NOTES = [
  'the gateway has a process of its own; Temporal, it, both workers and the bench share the machine’s cores',
  'added: median of the differences of pairs taken alternately, not the difference of two medians',
  'both sides encrypt their payloads: a node’s are encrypted by the gateway, the direct worker encrypts its own',
];

/** What the providers' gateway adds to an activity's round trip and to single calls. */
export async function benchGateway({ pairs, activities, calls }: GatewayBenchSizes, say: Say): Promise<Findings> {
  quietRuntime();
  const cleanUp = createCleanUp();
  try {
    say('starting a Temporal server and a gateway of its own');
    const place = await startPlace(cleanUp);
    await startWorkers(place, cleanUp);
    const timeOf = async (taskQueue: string): Promise<number> => {
      const startedMs = performance.now();
      const args: [RoundTripsInput] = [{ taskQueue, activities }];
      await place.client.workflow.execute<typeof roundTripsWorkflow>('roundTripsWorkflow', { taskQueue: BENCH_QUEUE, workflowId: `round-trips-${randomUUID()}`, args });
      return (performance.now() - startedMs) / activities;
    };
    const through = (): Promise<number> => timeOf(nodeQueue(BENCH_NODE));
    const direct = (): Promise<number> => timeOf(DIRECT_QUEUE);
    await alternate(WARM_UP_PAIRS, through, direct);
    say(`${pairs} pairs of workflows of ${activities} activities each`);
    const roundTrips = rowsOf('activity round trip', await alternate(pairs, through, direct), GOAL_ADDED_MS);
    const single = await measureCalls({ ...place, calls }, cleanUp, say);
    return { results: [...roundTrips, ...single.flatMap(({ method, timings }) => rowsOf(method, timings, GOAL_ADDED_MS))], notes: NOTES };
  } finally {
    await cleanUp.run();
  }
}

export interface Place {
  readonly client: Client;
  readonly dataConverter: ReturnType<typeof openDataConverter>;
  readonly temporalAddress: string;
  readonly gatewayAddress: string;
  readonly token: string;
}

async function startPlace(cleanUp: CleanUp): Promise<Place> {
  const temporary = await temporaryStack(['temporal']);
  cleanUp.add(() => temporary.remove());
  const { config, env, secrets } = temporary.stack;
  const gateway = await startBenchChild(['gateway-process'], { ...process.env, ...env });
  cleanUp.add(() => gateway.stop());
  const tokens = await createTokens(JSON.parse(readFileSync(secrets.jwt, 'utf8')) as JWK);
  const { token } = await tokens.issueNodeToken({ nodeId: BENCH_NODE, ownerId: 'bench', machineId: 'bench', queues: [nodeQueue(BENCH_NODE), SINGLE_CALLS_QUEUE] });
  const { address, privacy } = config.temporal;
  const dataConverter = openDataConverter(privacy);
  const connection = await Connection.connect({ address });
  cleanUp.add(() => connection.close());
  return { client: new Client({ connection, dataConverter }), dataConverter, temporalAddress: address, gatewayAddress: `127.0.0.1:${gateway.said}`, token };
}

async function startWorkers({ dataConverter, temporalAddress, gatewayAddress, token }: Place, cleanUp: CleanUp): Promise<void> {
  const activities: BenchActivities = { nothing: () => Promise.resolve({ done: true }) };
  const direct = await NativeConnection.connect({ address: temporalAddress });
  const through = await NativeConnection.connect({ address: gatewayAddress, apiKey: token, tls: false });
  cleanUp.add(async () => void (await Promise.all([direct.close(), through.close()])));
  const workflowsPath = fileURLToPath(new URL('./workflow.ts', import.meta.url));
  const workers = await Promise.all([
    Worker.create({ connection: direct, taskQueue: BENCH_QUEUE, dataConverter, workflowsPath }),
    Worker.create({ connection: direct, taskQueue: DIRECT_QUEUE, dataConverter, activities }),
    Worker.create({ connection: through, taskQueue: nodeQueue(BENCH_NODE), activities }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  cleanUp.add(async () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
}

/** The times themselves, and what the gateway added to them. */
function rowsOf(what: string, timings: readonly Pair[], goalMs: number): Result[] {
  const added = timings.map(({ ours, peer }) => ours - peer);
  const common = { unit: 'ms', n: timings.length };
  const p50 = { ours: median(timings.map(({ ours }) => ours)), peer: median(timings.map(({ peer }) => peer)) };
  return [
    row({ ...common, metric: `${what} through the gateway, p50`, ...p50, peerName: PEER, ...pairedRatio(timings), goal: null, ok: null }),
    row({ ...common, metric: `added by the gateway to one ${what}, p50`, ours: median(added), peer: null, peerName: null, ratio: null, spread: spreadOf(added), goal: `< ${goalMs} ms`, ok: median(added) < goalMs }),
    row({ ...common, metric: `added by the gateway to one ${what}, p99`, ours: quantile(added, 0.99), peer: null, peerName: null, ratio: null, spread: spreadOf(added), goal: null, ok: null }),
  ];
}
