// A provider's Server Node as the harness runs it: put together like the real one, but it lets offers pass that are
// meant for others, and its training child may be a liar. Usage: node --import tsx process.ts <order file>
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import pino from 'pino';
import { CLAIM_REFUSED, type NodeActivities } from '#activities/node/contract';
import { readNodeConfig, type NodeConfig } from '#activities/node/node-config';
import { createPlatformClient, type PlatformClient } from '#activities/node/platform-client';
import { configFile, provisionNode } from '#activities/node/provision';
import { createRestClient } from '#activities/node/rest-client';
import { runNode } from '#activities/node/run-node';
import { reportedError } from '#api/client/grpc-call';
import { liarCommand } from '../liars/command.ts';
import { readNodeOrder, readReservations, wantsOffer, type NodeOrder } from './contract.ts';

const ASK_OTHERS_MS = 300;

const log = pino({ level: 'info' }, pino.destination({ fd: 2, sync: true }));

/** The node's own identity, made on its first start; the wires to the platform are the order's. */
async function identity(order: NodeOrder, client: PlatformClient): Promise<NodeConfig> {
  const { nodeDir, urls, samplesPerSecond } = order;
  mkdirSync(nodeDir, { recursive: true });
  const known = readNodeConfig(configFile(nodeDir));
  if (known !== undefined) return { ...known, ...urls };
  return provisionNode({ nodeDir, urls, rest: createRestClient(urls.apiUrl), machine: client.machine, measureSpeed: () => Promise.resolve(samplesPerSecond), log });
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
  const { name, lie, stashFile, threads, minFreeDiskBytes } = order;
  const client = createPlatformClient({ grpcUrl: order.urls.grpcUrl, reportedError });
  const config = { ...(await identity(order, client)), threads };
  const { nodeId, workDir } = config;
  await runNode({
    config,
    client,
    minFreeDiskBytes,
    stopped,
    log,
    // Whatever address a lease names: this node reaches the storage by its own wire.
    storageAddress: () => config.storageUrl,
    around: (activities) => choosy(order, activities),
    onReady: () => void process.stdout.write(`${JSON.stringify({ ready: name, nodeId, workDir, pid: process.pid })}\n`),
    ...(lie === null ? {} : { command: (dir: string) => liarCommand(lie, dir, stashFile) }),
  });
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
