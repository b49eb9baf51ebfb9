import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { formatCyxwiz, parseCyxwiz } from '#core/money/amount';
import { readJson, writeJson } from './json-file.ts';
import { hasGpuTrainer, machineName, measureHardware, ownDeviceClass, type MeasuredHardware } from './hardware.ts';
import { CHECKPOINT_EVERY_MS, writeNodeConfig, type NodeConfig } from './node-config.ts';
import type { MachineClient } from './platform-client.ts';
import type { NodeLog } from './ports.ts';
import type { Credentials, Login, RestClient } from './rest-client.ts';

const STAKE_BASE = parseCyxwiz('100');
const DEFAULT_PRICE_PER_HOUR_BASE = parseCyxwiz('300');
const FUNDS_WITHIN_MS = 90_000;
const ASK_AGAIN_MS = 250;
/** The embedded node shows a lost platform, and a lost node, sooner than one out in the world need. */
const EMBEDDED_HEARTBEAT_MS = 10_000;

const providerSchema = z.object({
  email: z.string(),
  username: z.string(),
  password: z.string(),
  machine: z.object({ machineId: z.string(), apiKey: z.string() }).optional(),
});
type Provider = z.output<typeof providerSchema>;

export interface ProvisionOptions {
  /** Where the node's own files live: `provider.json`, `config.json`, the runs. */
  readonly nodeDir: string;
  readonly urls: Pick<NodeConfig, 'apiUrl' | 'grpcUrl' | 'gatewayUrl' | 'storageUrl' | 'namespace' | 'caFile'>;
  readonly rest: RestClient;
  readonly machine: MachineClient;
  readonly measureSpeed: () => Promise<number>;
  readonly log: NodeLog;
}

export const configFile = (nodeDir: string): string => join(nodeDir, 'config.json');

/**
 * Makes the embedded stack's provider: account, machine, stake, node. Each step is written down before the next, so a
 * start that was interrupted goes on with the same account and machine and stakes nothing twice.
 */
export async function provisionNode({ nodeDir, urls, rest, machine, measureSpeed, log }: ProvisionOptions): Promise<NodeConfig> {
  mkdirSync(nodeDir, { recursive: true, mode: 0o700 });
  const workDir = join(nodeDir, 'runs');
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  const provider = openProvider(join(nodeDir, 'provider.json'));
  const login = await signIn(rest, provider);
  const hardware = await measureHardware();
  const deviceClass = ownDeviceClass(hardware, hasGpuTrainer());
  const { machineId, apiKey } = provider.machine ?? (await registerMachine(rest, login, hardware, provider, join(nodeDir, 'provider.json')));
  const [samplesPerSecond] = await Promise.all([measureSpeed(), untilFunded(rest, login)]);
  log.info({ samplesPerSecond, deviceClass }, 'Measured this machine');
  const { nodeId } = await machine.registerNode(apiKey, {
    machineId,
    deviceClass,
    hardware: {
      cpus: [...hardware.cpus],
      gpus: hardware.gpus.map((gpu) => ({ ...gpu, vramMb: BigInt(gpu.vramMb) })),
      ramTotalMb: BigInt(hardware.ramTotalMb),
    },
    pricePerHourBase: DEFAULT_PRICE_PER_HOUR_BASE,
    stakeBase: STAKE_BASE,
    samplesPerSecond,
  });
  const pricePerHourBase = DEFAULT_PRICE_PER_HOUR_BASE.toString();
  const config: NodeConfig = { ...urls, machineId, apiKey, nodeId, deviceClass, pricePerHourBase, workDir, heartbeatMs: EMBEDDED_HEARTBEAT_MS, checkpointEveryMs: CHECKPOINT_EVERY_MS };
  writeNodeConfig(configFile(nodeDir), config);
  return config;
}

function openProvider(path: string): Provider {
  const known = readJson(path, providerSchema);
  if (known !== undefined) return known;
  const name = `provider-${randomBytes(4).toString('hex')}`;
  const provider: Provider = { email: `${name}@node.example`, username: name, password: randomBytes(24).toString('base64url') };
  writeJson(path, provider);
  return provider;
}

/** Registering may have succeeded before the last start was cut off: then the account is there to log in to. */
async function signIn(rest: RestClient, credentials: Credentials): Promise<Login> {
  const { email, username, password } = credentials;
  try {
    return await rest.register({ email, username, password });
  } catch (error) {
    if (error instanceof CyxError && error.code === 'ALREADY_EXISTS') return rest.login(credentials);
    throw error;
  }
}

async function registerMachine(rest: RestClient, login: Login, hardware: MeasuredHardware, provider: Provider, path: string): Promise<{ machineId: string; apiKey: string }> {
  const machine = await rest.registerMachine(login, { ...machineName(), hardware });
  writeJson(path, { ...provider, machine });
  return machine;
}

async function untilFunded(rest: RestClient, login: Login): Promise<void> {
  for (const giveUpAtMs = Date.now() + FUNDS_WITHIN_MS; ; await sleep(ASK_AGAIN_MS)) {
    const balanceBase = await rest.walletBalanceBase(login);
    if (balanceBase !== undefined && balanceBase >= STAKE_BASE) return;
    if (Date.now() > giveUpAtMs) {
      throw new CyxError('INSUFFICIENT_FUNDS', `The provider's wallet did not get the ${formatCyxwiz(STAKE_BASE)} CYXWIZ that a stake needs. Does the platform worker run?`);
    }
  }
}
