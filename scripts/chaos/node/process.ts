// A provider's Server Node as the harness runs it: put together like the real one, but it lets offers pass that are
// meant for others, and its training child may be a liar. Usage: node --import tsx process.ts <order file>
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceError } from '@grpc/grpc-js';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { NativeConnection, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import pino from 'pino';
import { createNodeActivities } from '#activities/node/activities';
import { CLAIM_REFUSED, type NodeActivities } from '#activities/node/contract';
import { parseEndpoint } from '#activities/node/endpoint';
import { servedClasses } from '#activities/node/hardware';
import { beat } from '#activities/node/heartbeats';
import { readNodeConfig, type NodeConfig } from '#activities/node/node-config';
import { keepNodeToken } from '#activities/node/node-token';
import { createPlatformClient } from '#activities/node/platform-client';
import { configFile, provisionNode } from '#activities/node/provision';
import { createRestClient } from '#activities/node/rest-client';
import { createNodeSlot } from '#activities/node/slot';
import { releaseForgotten, takeSlotForSurvivors } from '#activities/node/slot-guard';
import { createSupervisor } from '#activities/node/supervisor';
import { createNodeFleet, type NodeFleet } from '#activities/node/workers';
import { reportedError } from '#api/client/grpc-call';
import { CyxError } from '#core/errors/cyx-error';
import { baseFromString } from '#core/money/amount';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { liarCommand } from '../liars/command.ts';
import { readNodeOrder, readReservations, wantsOffer, type NodeOrder } from './contract.ts';

const MACHINE_HEARTBEAT_MS = 10_000;
const HOUSEKEEPING_MS = 5_000;
const ASK_OTHERS_MS = 300;

const log = pino({ level: 'info' }, pino.destination({ fd: 2, sync: true }));

function errorOf(error: ServiceError): CyxError {
  return reportedError(error) ?? new CyxError('UNAVAILABLE', `The platform does not answer: ${error.details}`, { cause: error });
}

/** The node's own identity, made on its first start; the wires to the platform are the order's. */
async function identity(order: NodeOrder): Promise<NodeConfig> {
  const { nodeDir, urls } = order;
  mkdirSync(nodeDir, { recursive: true });
  const known = readNodeConfig(configFile(nodeDir));
  if (known !== undefined) return { ...known, ...urls };
  const client = createPlatformClient({ grpcUrl: urls.grpcUrl, errorOf });
  try {
    const measureSpeed = (): Promise<number> => Promise.resolve(order.samplesPerSecond);
    return await provisionNode({ nodeDir, urls, rest: createRestClient(urls.apiUrl), machine: client.machine, measureSpeed, log });
  } finally {
    client.close();
  }
}

/** Lets an offer pass that is meant for another node, without a word to the platform. */
function choosy(order: NodeOrder, activities: NodeActivities): NodeActivities {
  return {
    ...activities,
    claimJob: async (input) => {
      if (wantsOffer(order, readReservations(order.reservationsFile)[input.jobId], input.attempt)) return activities.claimJob(input);
      throw ApplicationFailure.create({
        type: CLAIM_REFUSED,
        message: 'not for this node',
        nextRetryDelay: ASK_OTHERS_MS,
        category: ApplicationFailureCategory.BENIGN,
      });
    },
  };
}

async function main(order: NodeOrder, stopped: AbortSignal): Promise<void> {
  Runtime.install({ shutdownSignals: [], telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'WARN' }) } } });
  const config = await identity(order);
  const { machineId, apiKey, nodeId, workDir } = config;
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  const { lie } = order;
  const supervisor = createSupervisor({ root: workDir, ...(lie === null ? {} : { command: (dir: string) => liarCommand(lie, dir, order.stashFile) }) });
  const slot = createNodeSlot();
  takeSlotForSurvivors(slot, supervisor);
  const client = createPlatformClient({ grpcUrl: config.grpcUrl, errorOf });
  const made: { connection?: NativeConnection; fleet?: NodeFleet } = {};
  const token = await keepNodeToken({
    issue: () => client.machine.issueToken(apiKey, machineId, nodeId),
    async onToken(issued) {
      await made.fleet?.setQueues(issued.queues.filter((queue) => token.issued.queues.includes(queue)));
      await made.connection?.setApiKey(issued.token);
      await made.fleet?.setQueues(issued.queues);
    },
    log,
  });
  const platform = client.node(token);
  const { threads, minFreeDiskBytes } = order;
  const settings = { nodeId, deviceClasses: servedClasses(config.deviceClass), pricePerHourBase: baseFromString(config.pricePerHourBase), workDir, minFreeDiskBytes, threads, checkpointEveryMs: config.checkpointEveryMs };
  // Whatever address a lease names: this node reaches the storage by its own wire.
  const storageAt = (): CyxCloudClient => new CyxCloudClient({ baseUrl: config.storageUrl, token: () => token.current() });
  const activities = choosy(order, createNodeActivities({ settings, platform, storageAt, supervisor, slot, log }));
  const gateway = parseEndpoint(config.gatewayUrl);
  const connection = await NativeConnection.connect({ address: gateway.address, apiKey: token.issued.token, tls: false });
  const fleet = createNodeFleet({ connection, namespace: config.namespace, nodeId, slot, activities, log });
  Object.assign(made, { connection, fleet });
  const nodeHeartbeat = async (): Promise<void> => slot.setDraining((await platform.heartbeat(nodeId, slot.holder() !== undefined)).draining);
  await nodeHeartbeat();
  await fleet.setQueues(token.issued.queues);
  const rest = createRestClient(config.apiUrl);
  const beats = [
    beat('machine heartbeat', MACHINE_HEARTBEAT_MS, () => rest.machineHeartbeat(machineId, apiKey), log),
    beat('node heartbeat', config.heartbeatMs, nodeHeartbeat, log),
    beat('slot check', HOUSEKEEPING_MS, () => releaseForgotten({ slot, supervisor, platform, log }), log),
  ];
  process.stdout.write(`${JSON.stringify({ ready: order.name, nodeId, workDir, pid: process.pid })}\n`);
  const asked = new Promise<undefined>((done) => stopped.addEventListener('abort', () => done(undefined)));
  const broken = stopped.aborted ? undefined : await Promise.race([asked, fleet.broken]);
  if (broken !== undefined) throw new CyxError('UNAVAILABLE', 'This node lost its way to the platform and has to start again', { cause: broken });
  slot.close();
  for (const stop of beats) stop();
  token.stop();
  await Promise.all([fleet.stop(), supervisor.suspendAll()]);
  await connection.close();
  client.close();
}

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
try {
  await main(readNodeOrder(join(process.argv[2] ?? '')), stop.signal);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
