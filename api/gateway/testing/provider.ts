import { randomBytes } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { goThroughChallenge } from '#activities/node/challenge';
import type { NodeActivities } from '#activities/node/contract';
import { measureHardware } from '#activities/node/hardware';
import { keepNodeToken, type NodeToken } from '#activities/node/node-token';
import { createPlatformClient, type NodeClient } from '#activities/node/platform-client';
import { createRestClient, type Login } from '#activities/node/rest-client';
import { until } from '#activities/node/testing/fixture';
import { reportedError } from '#api/client/grpc-call';
import type { Config } from '#core/config/config';
import { plainSolver } from '#core/hardware/challenge/plain-solver';
import { parseCyxwiz } from '#core/money/amount';
import { nodeQueue } from '#temporal/contract/queues';
import type { Received } from './received.ts';

/** Cheap, so that the median of all nodes' prices is never below it. */
const PRICE_PER_HOUR_BASE = parseCyxwiz('0.1');
const CPUS = [{ name: 'Test CPU', cores: 2, threads: 4 }];
const log = { info: () => undefined, warn: () => undefined };

/** A registered, staked provider under an account of its own, and a real worker that does what the test says. */
export interface Provider {
  readonly login: Login;
  readonly machineId: string;
  readonly apiKey: string;
  readonly nodeId: string;
  readonly token: NodeToken;
  readonly platform: NodeClient;
  readonly ports: { readonly gateway: number; readonly grpc: number; readonly storage: number };
  /** Calls of any kind, as an attacker would make them. */
  readonly raw: { readonly gateway: grpc.Client; readonly grpc: grpc.Client };
  /** Jobs whose offers it takes; it refuses all others. */
  readonly wants: Set<string>;
  /** Task tokens as the worker got them, by `<activity> <job id> <attempt>`. */
  readonly tasks: Map<string, Uint8Array>;
  /** Heartbeats that its trainings sent. */
  beats(): number;
  /** Ends a training: with this error, or well. */
  endTraining(jobId: string, error?: Error): void;
  /** Begins to poll its queues, through the gateway. */
  work(): Promise<void>;
  /** It polls its own queue only from now on. */
  stopClaiming(): Promise<void>;
  connect(token?: string): Promise<NativeConnection>;
  close(): Promise<void>;
}

export interface ProviderOptions {
  readonly config: Config;
  readonly hostname?: string;
  readonly pricePerHourBase?: bigint;
  /** Set: all that it receives goes in there. */
  readonly received?: Received;
}

export async function startProvider({ config, hostname = 'h', pricePerHourBase = PRICE_PER_HOUR_BASE, received }: ProviderOptions): Promise<Provider> {
  const through = (port: number): Promise<number> | number => received?.tap(port) ?? port;
  const { ports: real } = config;
  const ports = { gateway: await through(real.gateway), grpc: await through(real.grpc), storage: await through(real.storage) };
  const client = createPlatformClient({ grpcUrl: `127.0.0.1:${ports.grpc}`, reportedError });
  const rest = createRestClient(config.publicUrls.web);
  const name = `p${randomBytes(4).toString('hex')}`;
  const login = await rest.register({ email: `${name}@example.com`, username: name, password: randomBytes(12).toString('hex') });
  const { machineId, apiKey } = await rest.registerMachine(login, { hostname, os: 'linux', hardware: { cpus: CPUS, gpus: [], ramTotalMb: 16_000 } });
  const stakeBase = parseCyxwiz('100');
  await until('the welcome credit', async () => ((await rest.walletBalanceBase(login)) ?? 0n) >= stakeBase, 90_000);
  const hardware = { cpus: CPUS, gpus: [], ramTotalMb: 16_000n };
  // Its answer has to be quick: on a machine that is busy with other tests it may take another try.
  const shows = async (): Promise<boolean> => (await goThroughChallenge(client.machine.challenge, { apiKey, machineId, deviceClass: 'cpu' }, plainSolver)).passed;
  await until('the challenge is passed', shows, 30_000);
  const instructionSet = (await measureHardware()).instructionSet!;
  const { nodeId } = await client.machine.registerNode(apiKey, { machineId, deviceClass: 'cpu', hardware, pricePerHourBase, stakeBase, samplesPerSecond: 1_000, instructionSet });
  const connections: NativeConnection[] = [];
  const token = await keepNodeToken({
    issue: () => client.machine.issueToken(apiKey, machineId, nodeId),
    onToken: async (issued) => void (await Promise.all(connections.map((connection) => connection.setApiKey(issued.token)))),
    log,
  });
  const platform = client.node(token);
  const beating = setInterval(() => void platform.heartbeat(nodeId, false).catch(() => undefined), 5_000);
  await platform.heartbeat(nodeId, false);
  const connect = (bearer = token.issued.token): Promise<NativeConnection> => NativeConnection.connect({ address: `127.0.0.1:${ports.gateway}`, apiKey: bearer, tls: false });
  const trainings = scriptedActivities(platform, nodeId);
  const workers: { readonly worker: Worker; readonly ended: Promise<void> }[] = [];
  const stop = async ({ worker, ended }: (typeof workers)[number]): Promise<void> => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
  };
  const clientOf = (port: number): grpc.Client => new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const raw = { gateway: clientOf(ports.gateway), grpc: clientOf(ports.grpc) };
  return {
    ...{ login, machineId, apiKey, nodeId, token, platform, ports, raw, connect },
    ...trainings,
    async work() {
      const connection = await connect();
      connections.push(connection);
      for (const taskQueue of ['train.cpu', nodeQueue(nodeId)]) {
        const worker = await Worker.create({ connection, taskQueue, activities: trainings.activities, maxHeartbeatThrottleInterval: '1 s', shutdownGraceTime: '1 s' });
        workers.push({ worker, ended: worker.run() });
      }
    },
    async stopClaiming() {
      if (workers[0] !== undefined) await stop(workers[0]);
    },
    async close() {
      clearInterval(beating);
      trainings.endAll();
      await Promise.all(workers.map(stop));
      for (const connection of connections) await connection.close();
      token.stop();
      client.close();
      raw.gateway.close();
      raw.grpc.close();
    },
  };
}

/** Claims go to the platform as any node's do; trainings only beat until they are told to end. */
function scriptedActivities(platform: NodeClient, nodeId: string) {
  const wants = new Set<string>();
  const tasks = new Map<string, Uint8Array>();
  const ends = new Map<string, (error?: Error) => void>();
  let beats = 0;
  const keep = (name: string, { jobId, attempt }: { jobId: string; attempt: number }): void => {
    tasks.set(`${name} ${jobId} ${attempt}`, Context.current().info.taskToken);
  };
  const refusal = (message: string): ApplicationFailure => ApplicationFailure.create({ type: 'CLAIM_REFUSED', message, nextRetryDelay: '500 ms' });
  const activities: NodeActivities = {
    async claimJob(input) {
      keep('claimJob', input);
      if (!wants.has(input.jobId)) throw refusal('not wanted');
      const { granted, reason } = await platform.claimJob(input.jobId, input.attempt);
      if (!granted) throw refusal(reason);
      return { nodeId };
    },
    startTraining(input) {
      keep('startTraining', input);
      return Promise.resolve({ resumedFromStep: 0 });
    },
    async awaitTraining(input) {
      keep('awaitTraining', input);
      const context = Context.current();
      const beat = setInterval(() => {
        beats += 1;
        context.heartbeat({ run: input.jobId });
      }, 1_000);
      try {
        const ended = new Promise<void>((resolve, reject) => ends.set(input.jobId, (error) => (error === undefined ? resolve() : reject(error))));
        await Promise.race([ended, context.cancelled]);
        return { reported: true };
      } finally {
        clearInterval(beat);
      }
    },
  };
  return {
    ...{ wants, tasks, activities },
    beats: () => beats,
    endTraining: (jobId: string, error?: Error) => ends.get(jobId)?.(error),
    endAll: () => ends.forEach((end) => end(new Error('the test is over'))),
  };
}
