import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { measureReferenceSpeed } from '#activities/node/benchmark';
import { newerVersionWaits } from '#activities/node/leave-for-update';
import { requireNoNetwork } from '#activities/node/network-check';
import { readNodeConfig, type NodeConfig } from '#activities/node/node-config';
import { keepToOwner } from '#activities/node/own-files';
import type { NodeLog } from '#activities/node/ports';
import { configFile, provisionNode } from '#activities/node/provision';
import { createRestClient } from '#activities/node/rest-client';
import { runNode } from '#activities/node/run-node';
import { trustedFetch } from '#activities/node/trusted-fetch';
import { parseConfig } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { EXIT_UPDATED } from '#core/node/installation';
import { platformClientOf, platformUrls } from './node-platform.ts';
import { installRuntime, ready, runProcess } from './process.ts';

const MIN_FREE_DISK_BYTES = 1024 ** 3;

const log = pino({ level: 'info' }, pino.destination({ fd: 2, sync: true }));

/** A provider's Server Node. It knows the platform's edges and nothing behind them. */
runProcess('node', async (stopped) => {
  installRuntime();
  const config = await findConfig(process.env, log);
  const client = platformClientOf(config);
  const { nodeId, deviceClass } = config;
  const waits = newerVersionWaits(fileURLToPath(import.meta.url));
  const end = await runNode({ config, client, minFreeDiskBytes: MIN_FREE_DISK_BYTES, newerVersionWaits: waits, stopped, log, onReady: (queues) => ready('node', { nodeId, deviceClass, queues }) });
  client.close();
  if (end === 'updated') process.exitCode = EXIT_UPDATED;
});

/** The file that CYXWIZ_NODE_CONFIG names, or the embedded node's own, made on its first start. */
async function findConfig(env: NodeJS.ProcessEnv, nodeLog: NodeLog): Promise<NodeConfig> {
  const named = env['CYXWIZ_NODE_CONFIG'];
  const mayHaveNetwork = env['CYXWIZ_NODE_ALLOW_NETWORK'] === '1';
  if (named !== undefined && named !== '') {
    const config = readNodeConfig(named);
    if (config === undefined) throw new CyxError('INVALID_INPUT', `CYXWIZ_NODE_CONFIG: there is no file ${named}`);
    keepToOwner(named, config.workDir, nodeLog);
    requireNoNetwork(mayHaveNetwork || config.allowTrainingWithNetwork === true, nodeLog);
    return config;
  }
  if (env['CYXWIZ_NODE_AUTO'] !== '1') {
    throw new CyxError('INVALID_INPUT', 'Set CYXWIZ_NODE_CONFIG to the file that says whom this node works for, or CYXWIZ_NODE_AUTO=1 for the embedded provider');
  }
  // Before anything is staked.
  requireNoNetwork(mayHaveNetwork, nodeLog);
  const platform = parseConfig(env);
  const nodeDir = resolve(platform.home, 'node');
  const known = readNodeConfig(configFile(nodeDir));
  const urls = platformUrls(platform);
  // The platform may have moved to other ports; who the node is stays.
  if (known !== undefined) {
    keepToOwner(configFile(nodeDir), known.workDir, nodeLog);
    return { ...known, ...urls };
  }
  const client = platformClientOf(urls);
  try {
    return await provisionNode({ nodeDir, urls, rest: createRestClient(urls.apiUrl, trustedFetch(urls.caFile)), machine: client.machine, measureSpeed: measureReferenceSpeed, log: nodeLog });
  } finally {
    client.close();
  }
}
