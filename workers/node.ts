import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureReferenceSpeed } from '#activities/node/benchmark';
import { newerVersionWaits } from '#activities/node/leave-for-update';
import { requireNoNetwork, warnOfRoot } from '#activities/node/network-check';
import { readNodeConfig, type NodeConfig } from '#activities/node/node-config';
import { keepToOwner } from '#activities/node/own-files';
import type { NodeLog } from '#activities/node/ports';
import { configFile, provisionNode } from '#activities/node/provision';
import { createRestClient } from '#activities/node/rest-client';
import { runNode } from '#activities/node/run-node';
import { trustedFetch } from '#activities/node/trusted-fetch';
import { parseConfig } from '#core/config/config';
import { CyxError, toCyxError } from '#core/errors/cyx-error';
import { EXIT_UPDATED } from '#core/node/installation';
import { nodeLog, occupy, type NodeFolder } from './node-folder.ts';
import { platformClientOf, platformUrls } from './node-platform.ts';
import { installRuntime, ready, reportFailure, runProcess } from './process.ts';

const MIN_FREE_DISK_BYTES = 1024 ** 3;

/** A provider's Server Node. It knows the platform's edges and nothing behind them. */
runProcess('node', async (stopped, atOnce) => {
  try {
    await serve(stopped, atOnce);
  } catch (error) {
    if (process.env['CYXWIZ_NODE_JSON'] === '1') reportFailure(error);
    throw error;
  }
});

async function serve(stopped: AbortSignal, atOnce: AbortSignal): Promise<void> {
  installRuntime();
  const named = namedConfig(process.env);
  // Beside the file that was named, or in the platform's home.
  const nodeDir = named === undefined ? resolve(parseConfig(process.env).home, 'node') : dirname(resolve(named.file));
  const log = nodeLog(nodeDir);
  let folder: NodeFolder | undefined;
  try {
    folder = occupy(nodeDir);
    const mayHaveNetwork = process.env['CYXWIZ_NODE_ALLOW_NETWORK'] === '1' || named?.config.allowTrainingWithNetwork === true;
    if (named !== undefined) keepToOwner(named.file, named.config.workDir, log);
    // Before anything is staked.
    requireNoNetwork(mayHaveNetwork, log);
    warnOfRoot(log);
    const config = named?.config ?? (await embeddedConfig(process.env, nodeDir, log));
    const client = platformClientOf(config);
    const { nodeId, deviceClass } = config;
    const end = await runNode({
      ...{ config, client, stopped, log, minFreeDiskBytes: MIN_FREE_DISK_BYTES },
      newerVersionWaits: newerVersionWaits(fileURLToPath(import.meta.url)),
      mayLeave: folder.mayLeave,
      // The embedded node goes down with the whole platform, and its attempts go on when that is back.
      leaveAtOnce: named === undefined ? undefined : atOnce,
      onReady: (queues) => ready('node', { nodeId, deviceClass, queues }),
    });
    client.close();
    if (end === 'updated') process.exitCode = EXIT_UPDATED;
  } catch (error) {
    // For `cyxwiz node logs`, which is where one looks for why a service does not start.
    log.error({ err: error }, `This node stopped: ${toCyxError(error).message}`);
    throw error;
  } finally {
    folder?.close();
  }
}

/** The file that CYXWIZ_NODE_CONFIG names; undefined for the embedded node. */
function namedConfig(env: NodeJS.ProcessEnv): { file: string; config: NodeConfig } | undefined {
  const file = env['CYXWIZ_NODE_CONFIG'];
  if (file !== undefined && file !== '') {
    const config = readNodeConfig(file);
    if (config === undefined) throw new CyxError('INVALID_INPUT', `CYXWIZ_NODE_CONFIG: there is no file ${file}`);
    return { file, config };
  }
  if (env['CYXWIZ_NODE_AUTO'] === '1') return undefined;
  throw new CyxError('INVALID_INPUT', 'Set CYXWIZ_NODE_CONFIG to the file that says whom this node works for, or CYXWIZ_NODE_AUTO=1 for the embedded provider');
}

/** The embedded node's own file, made on its first start. */
async function embeddedConfig(env: NodeJS.ProcessEnv, nodeDir: string, log: NodeLog): Promise<NodeConfig> {
  const platform = parseConfig(env);
  const known = readNodeConfig(configFile(nodeDir));
  const urls = platformUrls(platform);
  // The platform may have moved to other ports; who the node is stays.
  if (known !== undefined) {
    keepToOwner(configFile(nodeDir), known.workDir, log);
    return { ...known, ...urls };
  }
  const client = platformClientOf(urls);
  try {
    return await provisionNode({ nodeDir, urls, rest: createRestClient(urls.apiUrl, trustedFetch(urls.caFile)), machine: client.machine, measureSpeed: measureReferenceSpeed, log });
  } finally {
    client.close();
  }
}
