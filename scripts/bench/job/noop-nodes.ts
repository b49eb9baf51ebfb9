import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import { goThroughChallenge } from '#activities/node/challenge';
import { claimJob } from '#activities/node/claim';
import type { NodeActivities } from '#activities/node/contract';
import { beat } from '#activities/node/heartbeats';
import { keepNodeToken } from '#activities/node/node-token';
import { createPlatformClient, type MachineClient, type PlatformClient } from '#activities/node/platform-client';
import type { NodeActivityDeps, NodeLog } from '#activities/node/ports';
import { createRestClient, type RestClient } from '#activities/node/rest-client';
import { parseRunKey } from '#activities/node/run-key';
import { createNodeSlot } from '#activities/node/slot';
import { createSupervisor } from '#activities/node/supervisor';
import { createNodeFleet, type NodeFleet } from '#activities/node/workers';
import { reportedError } from '#api/client/grpc-call';
import type { Config } from '#core/config/config';
import { plainSolver } from '#core/hardware/challenge/plain-solver';
import { CyxError } from '#core/errors/cyx-error';
import { parseCyxwiz } from '#core/money/amount';
import { CyxCloudClient } from '#cyxcloud/client/index';
import type { CleanUp } from './clean-up.ts';

/** When `startTraining` of a job began, by its id, on this process's monotonic clock. */
export type Started = Map<string, number>;

export interface NoopNodes {
  readonly started: Started;
  readonly nodeIds: readonly string[];
  /** Times at which a node had more than one training in hand. */
  overcommitted(): number;
}

export interface NoopNodesOptions {
  readonly config: Config;
  readonly modelCid: string;
  readonly count: number;
  /** How long each pretends to train, without work for the processor. */
  readonly trainMs?: number;
}

const STAKE_BASE = parseCyxwiz('100');
/** Cheap, so that the requester's welcome credit pays for thousands of jobs. */
const PRICE_PER_HOUR_BASE = parseCyxwiz('0.6');
/** Of nodes that train nothing, and of the verifier that looks at nothing. */
export const NOOP_INSTRUCTION_SET = 'sse4';
const HEARTBEAT_MS = 15_000;
const FUNDED_WITHIN_MS = 60_000;
const HARDWARE = { cpus: [{ name: 'no-op processor', cores: 1, threads: 1 }], gpus: [], ramTotalMb: 1_024 } as const;

export const LOG: NodeLog = { info: () => undefined, warn: (fields, message) => console.error(message, fields) };

/**
 * Providers that do everything a provider does but train: account, machine, stake on chain, token, gateway, slot, claim
 * and completion by NodeService. Each has an owner of its own. What they report as their model is any stored object:
 * nobody looks at it, since the verifier of these jobs is a no-op too.
 */
export async function startNoopNodes({ config, modelCid, count, trainMs = 0 }: NoopNodesOptions, cleanUp: CleanUp): Promise<NoopNodes> {
  const started: Started = new Map();
  const workDir = mkdtempSync(join(tmpdir(), 'cyxwiz-bench-nodes-'));
  const client = createPlatformClient({ grpcUrl: `http://${config.publicUrls.grpc}`, reportedError });
  cleanUp.add(() => {
    client.close();
    rmSync(workDir, { recursive: true, force: true });
  });
  let overcommitted = 0;
  const place: Place = { config, modelCid, trainMs, client, workDir, started, cleanUp, onOvercommitted: () => (overcommitted += 1) };
  const nodeIds: string[] = [];
  // One after the other: a challenge goes by the clock, and several at once in one process would each be late.
  for (let index = 0; index < count; index++) nodeIds.push(await startNode(place));
  return { started, nodeIds, overcommitted: () => overcommitted };
}

interface Place {
  readonly config: Config;
  readonly modelCid: string;
  readonly trainMs: number;
  readonly onOvercommitted: () => void;
  readonly client: PlatformClient;
  readonly workDir: string;
  readonly started: Started;
  readonly cleanUp: CleanUp;
}

async function startNode({ client, workDir, cleanUp, ...place }: Place): Promise<string> {
  const { config } = place;
  const { machineId, apiKey, nodeId } = await register(createRestClient(config.publicUrls.web), client.machine);
  const slot = createNodeSlot();
  const made: { connection?: NativeConnection; fleet?: NodeFleet } = {};
  const token = await keepNodeToken({
    issue: () => client.machine.issueToken(apiKey, machineId, nodeId),
    async onToken(issued) {
      // Queues that the new token no longer names are left before it is used.
      await made.fleet?.setQueues(issued.queues.filter((queue) => token.issued.queues.includes(queue)));
      await made.connection?.setApiKey(issued.token);
      await made.fleet?.setQueues(issued.queues);
    },
    log: LOG,
  });
  const platform = client.node(token);
  const deps: NodeActivityDeps = {
    settings: { nodeId, deviceClasses: ['cpu'], pricePerHourBase: PRICE_PER_HOUR_BASE, workDir, minFreeDiskBytes: 0 },
    platform,
    storageAt: (baseUrl) => new CyxCloudClient({ baseUrl, token: () => token.current() }),
    supervisor: createSupervisor({ root: workDir }),
    slot,
    log: LOG,
  };
  const connection = await NativeConnection.connect({ address: config.publicUrls.gateway, apiKey: token.issued.token, tls: false });
  const { namespace } = config.temporal;
  const fleet = createNodeFleet({ connection, namespace, nodeId, slot, activities: noopActivities(deps, place), log: LOG });
  Object.assign(made, { connection, fleet });
  const stopBeats = beat('heartbeat', HEARTBEAT_MS, () => platform.heartbeat(nodeId, slot.holder() !== undefined), LOG);
  cleanUp.add(async () => {
    slot.close();
    stopBeats();
    token.stop();
    await fleet.stop();
    await connection.close();
  });
  await fleet.setQueues(token.issued.queues);
  return nodeId;
}

/** The claim is the real one; the training is nothing but time, and its completion is reported as any node reports it. */
function noopActivities(deps: NodeActivityDeps, { modelCid, started, trainMs, onOvercommitted }: Omit<Place, 'client' | 'workDir' | 'cleanUp'>): NodeActivities {
  const training = new Set<string>();
  return {
    claimJob: (input) => claimJob(deps, input),
    startTraining: async (input) => {
      started.set(input.jobId, performance.now());
      if (!deps.slot.start(parseRunKey(input))) throw new CyxError('NODE_NOT_ELIGIBLE', 'This node has taken another job in the meantime');
      training.add(input.jobId);
      if (training.size > 1) onOvercommitted();
      return { resumedFromStep: 0 };
    },
    awaitTraining: async ({ jobId, attempt }) => {
      await train(trainMs);
      const result = { modelCid, modelSizeBytes: 1, commitmentHex: '07'.repeat(32), finalLoss: 0, finalAccuracy: 1, trainingMs: 1 };
      await deps.platform.reportCompletion({ jobId, attempt, ...result });
      training.delete(jobId);
      deps.slot.release(parseRunKey({ jobId, attempt }));
      return { reported: true };
    },
  };
}

async function train(trainMs: number): Promise<void> {
  const context = Context.current();
  for (const endAtMs = performance.now() + trainMs; performance.now() < endAtMs; ) {
    context.heartbeat();
    await delay(Math.min(1_000, Math.max(1, endAtMs - performance.now())));
  }
}

async function register(rest: RestClient, machine: MachineClient): Promise<{ machineId: string; apiKey: string; nodeId: string }> {
  const name = `bench-node-${randomBytes(4).toString('hex')}`;
  const login = await rest.register({ email: `${name}@example.com`, username: name, password: randomBytes(18).toString('base64url') });
  const { machineId, apiKey } = await rest.registerMachine(login, { hostname: name, os: 'bench', hardware: HARDWARE });
  for (const giveUpAtMs = Date.now() + FUNDED_WITHIN_MS; ((await rest.walletBalanceBase(login)) ?? 0n) < STAKE_BASE; await delay(250)) {
    if (Date.now() > giveUpAtMs) throw new Error('A no-op node’s wallet did not get its credit within a minute');
  }
  const shown = await goThroughChallenge(machine.challenge, { apiKey, machineId, deviceClass: 'cpu' }, plainSolver);
  if (!shown.passed) throw new Error(`A no-op node did not pass its challenge: ${shown.reason}`);
  const { nodeId } = await machine.registerNode(apiKey, {
    machineId,
    deviceClass: 'cpu',
    hardware: { cpus: [...HARDWARE.cpus], gpus: [], ramTotalMb: BigInt(HARDWARE.ramTotalMb) },
    pricePerHourBase: PRICE_PER_HOUR_BASE,
    stakeBase: STAKE_BASE,
    samplesPerSecond: 1_000,
    instructionSet: NOOP_INSTRUCTION_SET,
  });
  return { machineId, apiKey, nodeId };
}
