import type { Client } from '@temporalio/client';
import { CyxError } from '#core/errors/cyx-error';
import { verifierQueue } from '#temporal/contract/queues';
import { fromTemporalError } from './temporal-errors.ts';

/** Says whether results of a device class can be verified at the moment. */
export interface VerifierDirectory {
  /** Throws NO_CAPABLE_NODE where nobody could verify the result: such a job could never be paid. */
  requireFor(deviceClass: string): Promise<void>;
}

/** A verifier polls the queue of its class; a positive answer is believed for this long. */
const BELIEVED_FOR_MS = 10_000;
const ACTIVITY_QUEUE = 2;

export function createVerifierDirectory(temporal: Client): VerifierDirectory {
  const seenAtMs = new Map<string, number>();
  return {
    requireFor: async (deviceClass) => {
      const now = Date.now();
      if (now - (seenAtMs.get(deviceClass) ?? -Infinity) < BELIEVED_FOR_MS) return;
      if (!(await hasPoller(temporal, verifierQueue(deviceClass)))) {
        throw new CyxError('NO_CAPABLE_NODE', `No verifier of class ${deviceClass} is online, so a result could not be paid. Choose another device class, or try again later.`);
      }
      seenAtMs.set(deviceClass, now);
    },
  };
}

async function hasPoller(temporal: Client, queue: string): Promise<boolean> {
  try {
    const answer = await temporal.workflowService.describeTaskQueue({
      namespace: temporal.options.namespace,
      taskQueue: { name: queue },
      taskQueueType: ACTIVITY_QUEUE,
    });
    return (answer.pollers ?? []).length > 0;
  } catch (error) {
    throw fromTemporalError(error);
  }
}
