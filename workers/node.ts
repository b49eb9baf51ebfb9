import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceError } from '@grpc/grpc-js';
import { NativeConnection } from '@temporalio/worker';
import pino from 'pino';
import { createNodeActivities } from '#activities/node/activities';
import { measureSamplesPerSecond } from '#activities/node/benchmark';
import { nativeTls, parseEndpoint } from '#activities/node/endpoint';
import { servedClasses } from '#activities/node/hardware';
import { beat } from '#activities/node/heartbeats';
import { readNodeConfig, type NodeConfig } from '#activities/node/node-config';
import { keepNodeToken } from '#activities/node/node-token';
import { createPlatformClient } from '#activities/node/platform-client';
import type { NodeLog } from '#activities/node/ports';
import { configFile, provisionNode } from '#activities/node/provision';
import { createRestClient } from '#activities/node/rest-client';
import { createNodeSlot } from '#activities/node/slot';
import { releaseForgotten, takeSlotForSurvivors } from '#activities/node/slot-guard';
import { createSupervisor } from '#activities/node/supervisor';
import { trustedFetch } from '#activities/node/trusted-fetch';
import { createNodeFleet, type NodeFleet } from '#activities/node/workers';
import { reportedError } from '#api/client/grpc-call';
import { parseConfig } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { baseFromString } from '#core/money/amount';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { installRuntime, ready, runProcess } from './process.ts';

const MACHINE_HEARTBEAT_MS = 10_000;
const HOUSEKEEPING_MS = 5_000;
const PRUNE_MS = 60_000;
const MIN_FREE_DISK_BYTES = 1024 ** 3;

const log = pino({ level: 'info' }, pino.destination({ fd: 2, sync: true }));

/** A provider's Server Node. It knows the platform's edges and nothing behind them. */
runProcess('node', async (stopped) => {
  installRuntime();
  const config = await findConfig(process.env, log);
  mkdirSync(config.workDir, { recursive: true, mode: 0o700 });
  const { machineId, apiKey, nodeId } = config;
  const supervisor = createSupervisor({ root: config.workDir });
  const slot = createNodeSlot();
  takeSlotForSurvivors(slot, supervisor);

  const client = platformClientOf(config);
  // Made with the first token, so there is nothing to tell of that one.
  const made: { connection?: NativeConnection; fleet?: NodeFleet } = {};
  const token = await keepNodeToken({
    issue: () => client.machine.issueToken(apiKey, machineId, nodeId),
    async onToken(issued) {
      // Queues that the new token no longer names are left before it is used: a refused poll would end its worker.
      await made.fleet?.setQueues(issued.queues.filter((queue) => token.issued.queues.includes(queue)));
      await made.connection?.setApiKey(issued.token);
      await made.fleet?.setQueues(issued.queues);
    },
    log,
  });
  const platform = client.node(token);
  const fetch = trustedFetch(config.caFile);
  const activities = createNodeActivities({
    settings: settingsOf(config),
    platform,
    storageAt: (baseUrl) => new CyxCloudClient({ baseUrl, token: () => token.current(), fetch }),
    supervisor,
    slot,
    log,
  });
  const gateway = parseEndpoint(config.gatewayUrl);
  const connection = await NativeConnection.connect({ address: gateway.address, apiKey: token.issued.token, tls: nativeTls(gateway, config.caFile) });
  const fleet = createNodeFleet({ connection, namespace: config.namespace, nodeId, slot, activities, log });
  Object.assign(made, { connection, fleet });
  const nodeHeartbeat = async (): Promise<void> => slot.setDraining((await platform.heartbeat(nodeId, slot.holder() !== undefined)).draining);
  await nodeHeartbeat();
  await fleet.setQueues(token.issued.queues);

  const rest = createRestClient(config.apiUrl, fetch);
  const stopBeats = [
    beat('machine heartbeat', MACHINE_HEARTBEAT_MS, () => rest.machineHeartbeat(machineId, apiKey), log),
    beat('node heartbeat', config.heartbeatMs, nodeHeartbeat, log),
    beat('slot check', HOUSEKEEPING_MS, () => releaseForgotten({ slot, supervisor, platform, log }), log),
    beat('pruning', PRUNE_MS, () => supervisor.prune(Date.now()), log),
  ];
  ready('node', { nodeId, deviceClass: config.deviceClass, queues: token.issued.queues });

  const asked = new Promise<undefined>((done) => (stopped.aborted ? done(undefined) : stopped.addEventListener('abort', () => done(undefined))));
  const broken = await Promise.race([asked, fleet.broken]);
  // Trainings go on without this process; whoever restarts it finds them again.
  if (broken !== undefined) throw new CyxError('UNAVAILABLE', 'This node lost its way to the platform and has to start again', { cause: broken });
  slot.close();
  for (const stop of stopBeats) stop();
  token.stop();
  // Trainings write a checkpoint and leave while the workers say good-bye; the next start goes on from there.
  await Promise.all([fleet.stop(), supervisor.suspendAll()]);
  await connection.close();
  client.close();
});

function platformClientOf({ grpcUrl, caFile }: Pick<NodeConfig, 'grpcUrl' | 'caFile'>) {
  return createPlatformClient({ grpcUrl, errorOf, ...(caFile === undefined ? {} : { caFile }) });
}

function errorOf(error: ServiceError): CyxError {
  return reportedError(error) ?? new CyxError('UNAVAILABLE', `The platform does not answer: ${error.details}`, { cause: error });
}

function settingsOf(config: NodeConfig) {
  return {
    nodeId: config.nodeId,
    deviceClasses: servedClasses(config.deviceClass),
    pricePerHourBase: baseFromString(config.pricePerHourBase),
    workDir: config.workDir,
    minFreeDiskBytes: MIN_FREE_DISK_BYTES,
    checkpointEveryMs: config.checkpointEveryMs,
    ...(config.threads === undefined ? {} : { threads: config.threads }),
  };
}

/** The file that CYXWIZ_NODE_CONFIG names, or the embedded node's own, made on its first start. */
async function findConfig(env: NodeJS.ProcessEnv, nodeLog: NodeLog): Promise<NodeConfig> {
  const named = env['CYXWIZ_NODE_CONFIG'];
  if (named !== undefined && named !== '') {
    const config = readNodeConfig(named);
    if (config === undefined) throw new CyxError('INVALID_INPUT', `CYXWIZ_NODE_CONFIG: there is no file ${named}`);
    return config;
  }
  if (env['CYXWIZ_NODE_AUTO'] !== '1') {
    throw new CyxError('INVALID_INPUT', 'Set CYXWIZ_NODE_CONFIG to the file that says whom this node works for, or CYXWIZ_NODE_AUTO=1 for the embedded provider');
  }
  const platform = parseConfig(env);
  const nodeDir = resolve(platform.home, 'node');
  const known = readNodeConfig(configFile(nodeDir));
  const scheme = platform.listenerTls === undefined ? 'http' : 'https';
  const urls = {
    apiUrl: platform.publicUrls.web,
    grpcUrl: `${scheme}://${platform.publicUrls.grpc}`,
    gatewayUrl: `${scheme}://${platform.publicUrls.gateway}`,
    storageUrl: platform.storageUrl,
    namespace: platform.temporal.namespace,
    ...(platform.listenerTls === undefined ? {} : { caFile: resolve(platform.listenerTls.certFile) }),
  };
  // The platform may have moved to other ports; who the node is stays.
  if (known !== undefined) return { ...known, ...urls };
  const client = platformClientOf(urls);
  try {
    const graph = readFileSync(join(fileURLToPath(new URL('..', import.meta.url)), 'examples/graphs/digits-cnn.json'), 'utf8');
    return await provisionNode({ nodeDir, urls, rest: createRestClient(urls.apiUrl, trustedFetch(urls.caFile)), machine: client.machine, measureSpeed: () => measureSamplesPerSecond(graph), log: nodeLog });
  } finally {
    client.close();
  }
}
