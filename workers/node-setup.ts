import { resolve } from 'node:path';
import { pino } from 'pino';
import { z } from 'zod';
import { measureReferenceSpeed } from '#activities/node/benchmark';
import { requireNoNetwork } from '#activities/node/network-check';
import { configFile, DEFAULT_PRICE_PER_HOUR_BASE, provisionOwnNode } from '#activities/node/provision';
import { createRestClient } from '#activities/node/rest-client';
import { trustedFetch } from '#activities/node/trusted-fetch';
import { parseConfig } from '#core/config/config';
import { parseInput } from '#core/errors/from-zod';
import { parseCyxwiz } from '#core/money/amount';
import { forReader } from '#core/node/log-words';
import { MIN_TRAINING_MEMORY_MB } from '#engine/node/memory-bound';
import { platformClientOf, platformUrls } from './node-platform.ts';
import { reportFailure, runProcess } from './process.ts';

const inputSchema = z.object({
  CYXWIZ_TOKEN: z.string().min(1),
  CYXWIZ_NODE_DIR: z.string().min(1),
  CYXWIZ_NODE_PRICE: z.string().optional(),
  CYXWIZ_NODE_ALLOW_NETWORK: z.enum(['0', '1']).default('0'),
  CYXWIZ_NODE_MEMORY_MB: z.coerce.number().pipe(z.int().min(MIN_TRAINING_MEMORY_MB)).optional(),
});

const log = pino({ level: 'info' }, forReader(pino.destination({ fd: 2, sync: true }), process.stderr.isTTY));

/** `cyxwiz node setup`: lists this machine for who is logged in, and writes down who its node is. Ends with that as JSON. */
runProcess('node-setup', async () => {
  try {
    await setUp();
  } catch (error) {
    reportFailure(error);
    process.exit(1);
  }
});

async function setUp(): Promise<void> {
  const { CYXWIZ_TOKEN: token, CYXWIZ_NODE_DIR: folder, CYXWIZ_NODE_PRICE: price, ...input } = parseInput(inputSchema, process.env);
  const allowTrainingWithNetwork = input.CYXWIZ_NODE_ALLOW_NETWORK === '1';
  // Before anything is staked: this node could not start.
  requireNoNetwork(allowTrainingWithNetwork, log);
  const bounds = { ...(allowTrainingWithNetwork ? { allowTrainingWithNetwork } : {}), ...(input.CYXWIZ_NODE_MEMORY_MB === undefined ? {} : { memoryLimitMb: input.CYXWIZ_NODE_MEMORY_MB }) };
  const pricePerHourBase = price === undefined ? DEFAULT_PRICE_PER_HOUR_BASE : parseCyxwiz(price);
  const urls = platformUrls(parseConfig(process.env));
  const nodeDir = resolve(folder);
  const rest = createRestClient(urls.apiUrl, trustedFetch(urls.caFile));
  const client = platformClientOf(urls);
  try {
    const login = { token, userId: await rest.ownUserId(token) };
    const { nodeId, machineId, deviceClass } = await provisionOwnNode({ nodeDir, urls, rest, machine: client.machine, measureSpeed: measureReferenceSpeed, log, bounds, login, pricePerHourBase });
    process.stdout.write(`${JSON.stringify({ nodeId, machineId, deviceClass, pricePerHourBase: pricePerHourBase.toString(), configFile: configFile(nodeDir) }, null, 2)}\n`);
  } finally {
    client.close();
  }
}
