import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { nodeQueue } from '#temporal/contract/queues';
import type { NodeActivities } from './contract.ts';
import type { NodeLog } from './ports.ts';
import type { NodeSlot } from './slot.ts';

/** A cancelled job's machine is free again within about this time: heartbeats carry the news. */
const HEARTBEAT_THROTTLE_MS = 1_000;
/** Long enough to answer what is being answered; trainings are not waited for. */
const SHUTDOWN_GRACE_MS = 1_000;
/** startTraining and awaitTraining of one job, and the delivery of the one before. */
const OWN_QUEUE_SLOTS = 8;

/** A worker that lost its way to the platform is made anew after this. */
const RESTART_MS = 2_000;

export interface NodeFleetOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly nodeId: string;
  readonly slot: NodeSlot;
  readonly activities: NodeActivities;
  readonly log: NodeLog;
}

/** The node's workers: one for its own queue and one for each capability queue. No workflow ever runs here. */
export interface NodeFleet {
  /** Starts and ends workers until exactly these queues are polled; the queues of a new token, before it is used. */
  setQueues(queues: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

interface Member {
  readonly stop: () => Promise<void>;
}

export function createNodeFleet(options: NodeFleetOptions): NodeFleet {
  const members = new Map<string, Member>();
  const end = async (queue: string): Promise<void> => {
    const member = members.get(queue);
    members.delete(queue);
    await member?.stop();
  };
  return {
    async setQueues(queues) {
      const wanted = new Set(queues);
      await Promise.all([...members.keys()].filter((queue) => !wanted.has(queue)).map(end));
      for (const queue of wanted) if (!members.has(queue)) members.set(queue, await startMember(options, queue));
    },
    async stop() {
      await Promise.all([...members.keys()].map(end));
    },
  };
}

/** Resolves once the first worker polls. A worker whose polls are refused for good ends; the member starts another. */
async function startMember(options: NodeFleetOptions, queue: string): Promise<Member> {
  let stopped = false;
  let worker = await createWorker(options, queue);
  const life = (async () => {
    while (!stopped) {
      try {
        await worker.run();
      } catch (error) {
        options.log.warn({ err: error, queue }, 'A worker ended and is started again');
      }
      if (stopped) return;
      await sleep(RESTART_MS);
      if (!stopped) worker = await createWorker(options, queue);
    }
  })();
  return {
    async stop() {
      stopped = true;
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await life;
    },
  };
}

function createWorker({ connection, namespace, nodeId, slot, activities }: NodeFleetOptions, taskQueue: string): Promise<Worker> {
  const { claimJob, startTraining, awaitTraining } = activities;
  const shared = {
    connection,
    namespace,
    taskQueue,
    identity: `node:${nodeId}`,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
  } satisfies WorkerOptions;
  if (taskQueue === nodeQueue(nodeId)) {
    return Worker.create({ ...shared, activities: { startTraining, awaitTraining }, maxConcurrentActivityTaskExecutions: OWN_QUEUE_SLOTS });
  }
  // A tuner names every kind of slot, also those of tasks that never come without workflows.
  const unused = { type: 'fixed-size', numSlots: 1 } as const;
  return Worker.create({
    ...shared,
    activities: { claimJob },
    tuner: { activityTaskSlotSupplier: slot.supplier(), workflowTaskSlotSupplier: unused, localActivityTaskSlotSupplier: unused, nexusTaskSlotSupplier: unused },
  });
}
