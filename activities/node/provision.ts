import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { formatCyxwiz, parseCyxwiz } from '#core/money/amount';
import { NODE_HEARTBEAT_INTERVAL_MS } from '#core/node/machine';
import { holdsInTime } from './funds.ts';
import { readJson, writeJson } from './json-file.ts';
import { hasGpuTrainer, machineName, measureHardware, ownDeviceClasses } from './hardware.ts';
import { idleGpuWords, type DetectedHardware, type MeasuredHardware } from './read-hardware.ts';
import { showCapability, type ChallengePort, type ChallengeRequest, type ShownCapability } from './challenge.ts';
import { CHECKPOINT_EVERY_MS, writeNodeConfig, type NodeConfig } from './node-config.ts';
import type { MachineClient } from './platform-client.ts';
import type { NodeLog } from './ports.ts';
import type { Credentials, Login, RestClient } from './rest-client.ts';
import { lowStakeWords } from './stake-words.ts';

const STAKE_BASE = parseCyxwiz('100');
export const DEFAULT_PRICE_PER_HOUR_BASE = parseCyxwiz('300');
/** A new account's wallet, and the credit in it. */
const FUNDS_WITHIN_MS = 90_000;
/** What is on its way to a wallet that is there already. */
const CREDIT_WITHIN_MS = 10_000;
const SHOW_TRIES = 2;
/** The embedded node shows a lost platform, and a lost node, sooner than one out in the world need. */
const EMBEDDED_HEARTBEAT_MS = 10_000;

const machineSchema = z.object({ machineId: z.string(), apiKey: z.string() });
const providerSchema = z.object({ email: z.string(), username: z.string(), password: z.string(), machine: machineSchema.optional() });
type Provider = z.output<typeof providerSchema>;
type Machine = z.output<typeof machineSchema>;

export interface ProvisionOptions {
  /** Where the node's own files live: `config.json`, the runs, and who it is registered as. */
  readonly nodeDir: string;
  readonly urls: Pick<NodeConfig, 'apiUrl' | 'grpcUrl' | 'gatewayUrl' | 'storageUrl' | 'namespace' | 'caFile'>;
  readonly rest: RestClient;
  readonly machine: MachineClient;
  readonly measureSpeed: () => Promise<number>;
  readonly log: NodeLog;
  /** What its owner decided about trainings. */
  readonly bounds?: Pick<NodeConfig, 'allowTrainingWithNetwork' | 'memoryLimitMb'>;
}

export const configFile = (nodeDir: string): string => join(nodeDir, 'config.json');

/**
 * Makes the embedded stack's provider: account, machine, stake, node. Each step is written down before the next, so a
 * start that was interrupted goes on with the same account and machine and stakes nothing twice.
 */
export async function provisionNode(options: ProvisionOptions): Promise<NodeConfig> {
  const { nodeDir, rest } = options;
  mkdirSync(nodeDir, { recursive: true, mode: 0o700 });
  const file = join(nodeDir, 'provider.json');
  const provider = openProvider(file);
  const login = await signIn(rest, provider);
  return setUpNode({
    ...options,
    pricePerHourBase: DEFAULT_PRICE_PER_HOUR_BASE,
    heartbeatMs: EMBEDDED_HEARTBEAT_MS,
    untilFunded: async () => {
      if (await holdsInTime(rest, login, STAKE_BASE, { withinMs: FUNDS_WITHIN_MS })) return;
      throw new CyxError('INSUFFICIENT_FUNDS', `A node needs a stake of ${formatCyxwiz(STAKE_BASE)} CYXWIZ, which the wallet does not hold. Put them in and begin again; what is done so far stays.`);
    },
    machineOf: async (hardware) => {
      if (provider.machine !== undefined) return provider.machine;
      const machine = await registerMachine(rest, login, hardware);
      writeJson(file, { ...provider, machine });
      return machine;
    },
  });
}

/**
 * Lists this machine for somebody who is logged in, staked from their wallet. Begun again after an interruption it goes
 * on with the machine that it has registered.
 */
export function provisionOwnNode(options: ProvisionOptions & { readonly login: Login; readonly pricePerHourBase: bigint }): Promise<NodeConfig> {
  const file = join(options.nodeDir, 'machine.json');
  return setUpNode({
    ...options,
    // With less it goes on: it may be staked already, and the registration says so where it is not.
    untilFunded: () => holdsInTime(options.rest, options.login, STAKE_BASE, { withinMs: FUNDS_WITHIN_MS, creditWithinMs: CREDIT_WITHIN_MS }),
    machineOf: async (hardware) => {
      const known = readJson(file, machineSchema);
      if (known !== undefined) return known;
      const machine = await registerMachine(options.rest, options.login, hardware);
      writeJson(file, machine);
      return machine;
    },
  });
}

interface SetUpOptions extends Omit<ProvisionOptions, 'rest'> {
  readonly pricePerHourBase: bigint;
  /** Unset: as often as the platform asks for. */
  readonly heartbeatMs?: number;
  /** Waits until the wallet holds a stake, as far as there is one to be waited for. */
  readonly untilFunded: () => Promise<unknown>;
  /** The machine that this is registered as, known or made now. */
  readonly machineOf: (hardware: MeasuredHardware) => Promise<Machine>;
}

async function setUpNode({ nodeDir, urls, machine, measureSpeed, log, bounds, pricePerHourBase, heartbeatMs = NODE_HEARTBEAT_INTERVAL_MS, untilFunded, machineOf }: SetUpOptions): Promise<NodeConfig> {
  const workDir = join(nodeDir, 'runs');
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  const hardware = await measureHardware();
  const instructionSet = requireInstructionSet(hardware);
  for (const gpu of hardware.idleGpus) log.info({ gpu }, idleGpuWords(gpu));
  log.info({}, `Measures this machine; for a first stake, ${formatCyxwiz(STAKE_BASE)} CYXWIZ have to be in the wallet, and are waited for where they are not`);
  const { machineId, apiKey } = await machineOf(hardware);
  const [samplesPerSecond] = await Promise.all([measureSpeed(), untilFunded()]);
  // By itself: it is timed, and whatever else runs here counts against this machine.
  const deviceClass = await showLargestClass({ port: machine.challenge, apiKey, machineId, classes: ownDeviceClasses(hardware, hasGpuTrainer()), log });
  log.info({ samplesPerSecond, deviceClass, instructionSet }, 'Measured this machine');
  const { nodeId, notice, stakeBase } = await machine.registerNode(apiKey, {
    machineId,
    deviceClass,
    hardware: {
      cpus: [...hardware.cpus],
      gpus: hardware.gpus.map((gpu) => ({ ...gpu, vramMb: BigInt(gpu.vramMb) })),
      ramTotalMb: BigInt(hardware.ramTotalMb),
    },
    pricePerHourBase,
    stakeBase: STAKE_BASE,
    samplesPerSecond,
    instructionSet,
  });
  if (notice !== '') log.warn({ nodeId }, notice);
  const lowStake = lowStakeWords(stakeBase);
  if (lowStake !== undefined) log.warn({ nodeId }, lowStake);
  const config: NodeConfig = { ...urls, ...bounds, machineId, apiKey, nodeId, deviceClass, pricePerHourBase: pricePerHourBase.toString(), workDir, heartbeatMs, checkpointEveryMs: CHECKPOINT_EVERY_MS };
  writeNodeConfig(configFile(nodeDir), config);
  return config;
}

function requireInstructionSet({ instructionSet }: DetectedHardware): string {
  if (instructionSet !== undefined) return instructionSet;
  throw new CyxError('NODE_NOT_ELIGIBLE', 'This system does not tell the instruction set of its processor, so nobody could verify its results. Run the node on Linux or macOS.');
}

interface Showing {
  readonly port: ChallengePort;
  readonly apiKey: string;
  readonly machineId: string;
  /** The largest first. */
  readonly classes: readonly string[];
  readonly log: NodeLog;
}

/** The largest class whose challenge this machine passes: what it registers as. */
async function showLargestClass({ port, apiKey, machineId, classes, log }: Showing): Promise<string> {
  let reason = '';
  for (const deviceClass of classes) {
    // Something else may have run at the same moment.
    for (let tries = 0; tries < SHOW_TRIES; tries++) {
      const shown = await showOnce(port, { apiKey, machineId, deviceClass });
      if (shown.passed) return deviceClass;
      reason = shown.reason;
      log.warn({ deviceClass, reason }, 'This machine did not pass the challenge of this class');
    }
  }
  throw new CyxError('NODE_NOT_ELIGIBLE', `This machine passed the challenge of no device class: ${reason}. End what else runs on it, then begin again.`);
}

/** Memory that the class has and this device has not is an answer, too. */
async function showOnce(port: ChallengePort, request: ChallengeRequest): Promise<Pick<ShownCapability, 'passed' | 'reason'>> {
  try {
    return await showCapability(port, request);
  } catch (error) {
    if (error instanceof CyxError && error.code === 'OUT_OF_MEMORY') return { passed: false, reason: error.message };
    throw error;
  }
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

function registerMachine(rest: RestClient, login: Login, hardware: MeasuredHardware): Promise<Machine> {
  return rest.registerMachine(login, { ...machineName(), hardware });
}
