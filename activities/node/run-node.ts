import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { CyxError } from '#core/errors/cyx-error';
import { baseFromString } from '#core/money/amount';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { createNodeActivities } from './activities.ts';
import { showCapability } from './challenge.ts';
import type { NodeActivities } from './contract.ts';
import { nativeTls, parseEndpoint } from './endpoint.ts';
import { handBackOnStop } from './hand-back-on-stop.ts';
import { servedClasses } from './hardware.ts';
import { beat } from './heartbeats.ts';
import { untilUpdateAndIdle } from './leave-for-update.ts';
import { untilDrainedAndIdle } from './leave-when-drained.ts';
import type { NodeConfig } from './node-config.ts';
import { keepNodeToken } from './node-token.ts';
import type { PlatformClient } from './platform-client.ts';
import type { NodeLog } from './ports.ts';
import { createRestClient } from './rest-client.ts';
import { HEARD_FILE } from './run-dir.ts';
import { createShowAgain } from './show-again.ts';
import { createNodeSlot, type NodeSlot } from './slot.ts';
import { releaseForgotten, takeSlotForSurvivors } from './slot-guard.ts';
import { createSupervisor, type SupervisorOptions } from './supervisor.ts';
import { trustedFetch } from './trusted-fetch.ts';
import { createNodeFleet, type NodeFleet } from './workers.ts';

const MACHINE_HEARTBEAT_MS = 10_000;
const HOUSEKEEPING_MS = 5_000;
const PRUNE_MS = 60_000;

export interface NodeRun {
  readonly config: NodeConfig;
  readonly client: PlatformClient;
  readonly minFreeDiskBytes: number;
  readonly stopped: AbortSignal;
  readonly log: NodeLog;
  /** Told once, when the first job can be taken. */
  readonly onReady: (queues: readonly string[]) => void;
  /** Whether a newer version waits to be started in place of this one. */
  readonly newerVersionWaits?: (() => boolean) | undefined;
  /**
   * Set for a node that is stopped by itself: the job in hand is handed back first, unless this says to leave at once. Without
   * it, the same attempt goes on after the next start, as where the whole platform goes down and comes back.
   */
  readonly leaveAtOnce?: AbortSignal | undefined;
  /** Asked while the node drains: once nothing is left to hand back, it ends as if it were `stopped`. */
  readonly mayLeave?: () => boolean;
  /** Where the storage of a lease is reached from here, if not at the address that the lease names. */
  readonly storageAddress?: (leased: string) => string;
  /** What is run in place of the training child, and what is done around the activities: for nodes that are put to the test. */
  readonly command?: SupervisorOptions['command'];
  readonly around?: (activities: NodeActivities) => NodeActivities;
}

/**
 * Serves jobs until `stopped`: tokens, workers on the node's queues, heartbeats, and trainings that go on when this
 * process dies. @throws CyxError UNAVAILABLE where the way to the platform broke for good; whoever supervises the
 * process starts it again. Answers `updated` where it left, idle, for a newer version,
 * and `drained` where it was asked to leave once nothing is left to hand back.
 */
export async function runNode(run: NodeRun): Promise<'stopped' | 'updated' | 'drained'> {
  const { config, client, log } = run;
  const { machineId, apiKey, nodeId, workDir } = config;
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  const supervisor = createSupervisor({ root: workDir, ...(run.command === undefined ? {} : { command: run.command }) });
  const slot = createNodeSlot();
  takeSlotForSurvivors(slot, supervisor);

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
  const storageAt = (leased: string): CyxCloudClient =>
    new CyxCloudClient({ baseUrl: run.storageAddress?.(leased) ?? leased, token: () => token.current(), fetch });
  const own = createNodeActivities({ settings: settingsOf(run), platform, storageAt, supervisor, slot, log });
  const activities = run.around?.(own) ?? own;
  const gateway = parseEndpoint(config.gatewayUrl);
  const connection = await NativeConnection.connect({ address: gateway.address, apiKey: token.issued.token, tls: nativeTls(gateway, config) });
  const fleet = createNodeFleet({ connection, namespace: config.namespace, nodeId, slot, activities, log });
  Object.assign(made, { connection, fleet });
  const showAgain = createShowAgain({
    slot,
    show: (signal) => showCapability(client.machine.challenge, { apiKey, machineId, deviceClass: config.deviceClass, nodeId }, { threads: config.threads, signal }),
    onShown: () => token.renew(),
    log,
  });
  const nodeHeartbeat = async (): Promise<void> => {
    const { draining, challengeDue } = await platform.heartbeat(nodeId, slot.holder() !== undefined);
    writeFileSync(join(workDir, HEARD_FILE), new Date().toISOString());
    const before = slot.draining();
    slot.setDraining(draining);
    if (slot.draining() !== before) log.info({ draining }, draining ? 'This node drains: it hands back what it has and takes no job until it is told to resume' : 'This node takes jobs again');
    if (challengeDue) showAgain.due();
  };
  await nodeHeartbeat();
  await fleet.setQueues(token.issued.queues);

  const rest = createRestClient(config.apiUrl, fetch);
  const stopBeats = [
    beat('machine heartbeat', MACHINE_HEARTBEAT_MS, () => rest.machineHeartbeat(machineId, apiKey), log),
    beat('node heartbeat', config.heartbeatMs, nodeHeartbeat, log),
    beat('slot check', HOUSEKEEPING_MS, () => releaseForgotten({ slot, supervisor, platform, log }), log),
    beat('pruning', PRUNE_MS, () => supervisor.prune(Date.now()), log),
  ];
  run.onReady(token.issued.queues);

  const end = await Promise.race([untilLeaving(run, slot, nodeHeartbeat), fleet.broken]);
  // Trainings go on without this process; whoever restarts it finds them again.
  if (end instanceof Error) throw new CyxError('UNAVAILABLE', 'This node lost its way to the platform and has to start again', { cause: end });
  await Promise.race([closeSlot(run, slot, end), fleet.broken]);
  for (const stop of stopBeats) stop();
  token.stop();
  // Trainings write a checkpoint and leave while the workers say good-bye; the next start goes on from there.
  await Promise.all([showAgain.stop(), fleet.stop(), supervisor.suspendAll()]);
  await connection.close();
  return end;
}

/** Why this process is to end, in good order: it was stopped, or has nothing in hand and a reason to leave. */
function untilLeaving({ stopped, log, newerVersionWaits = () => false, mayLeave = () => false }: NodeRun, slot: NodeSlot, heartbeat: () => Promise<void>): Promise<'stopped' | 'updated' | 'drained'> {
  const over = new AbortController();
  const signal = AbortSignal.any([stopped, over.signal]);
  return Promise.race([untilUpdateAndIdle({ waits: newerVersionWaits, slot, signal }), untilDrainedAndIdle({ mayLeave, heartbeat, slot, signal, log })])
    // The other one looks no more.
    .finally(() => over.abort());
}

async function closeSlot({ leaveAtOnce, log }: NodeRun, slot: NodeSlot, end: 'stopped' | 'updated' | 'drained'): Promise<void> {
  slot.close();
  if (end === 'stopped' && leaveAtOnce !== undefined) await handBackOnStop({ slot, atOnce: leaveAtOnce, log });
}

function settingsOf({ config, minFreeDiskBytes }: NodeRun) {
  return {
    nodeId: config.nodeId,
    deviceClasses: servedClasses(config.deviceClass),
    pricePerHourBase: baseFromString(config.pricePerHourBase),
    workDir: config.workDir,
    minFreeDiskBytes,
    checkpointEveryMs: config.checkpointEveryMs,
    ...(config.threads === undefined ? {} : { threads: config.threads }),
    ...(config.memoryLimitMb === undefined ? {} : { memoryLimitMb: config.memoryLimitMb }),
  };
}
