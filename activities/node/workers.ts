import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { nodeQueue } from '#temporal/contract/queues';
import type { NodeActivities } from './contract.ts';
import type { NodeLog } from './ports.ts';
import type { NodeSlot } from './slot.ts';
import { startWorkerLife, type WorkerLife } from './worker-life.ts';

/** A cancelled job's machine is free again within about this time: heartbeats carry the news. */
const HEARTBEAT_THROTTLE_MS = 1_000;
/** Long enough to answer what is being answered; trainings are not waited for. */
const SHUTDOWN_GRACE_MS = 1_000;
/** startTraining and awaitTraining of one job, and the delivery of the one before. */
const OWN_QUEUE_SLOTS = 8;

/** So long the SDK may take to end a worker once it was told to; the activities in it stop within seconds. */
const END_WITHIN_MS = 15_000;

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
  /** Resolves, if ever, with the reason why a queue is not polled any more and this process can not change that. */
  readonly broken: Promise<Error>;
}

export function createNodeFleet(options: NodeFleetOptions): NodeFleet {
  const members = new Map<string, WorkerLife>();
  let reportBroken!: (error: Error) => void;
  const broken = new Promise<Error>((resolve) => (reportBroken = resolve));
  const end = async (queue: string): Promise<void> => {
    const member = members.get(queue);
    members.delete(queue);
    await member?.stop(END_WITHIN_MS);
  };
  const start = (queue: string): Promise<WorkerLife> =>
    startWorkerLife({ create: () => createWorker(options, queue), queue, log: options.log, onBroken: reportBroken });
  return {
    broken,
    async setQueues(queues) {
      const wanted = new Set(queues);
      await Promise.all([...members.keys()].filter((queue) => !wanted.has(queue)).map(end));
      for (const queue of wanted) if (!members.has(queue)) members.set(queue, await start(queue));
    },
    async stop() {
      await Promise.all([...members.keys()].map(end));
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
