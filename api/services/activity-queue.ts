import type { Client } from '@temporalio/client';
import { fromTemporalError } from './temporal-errors.ts';

const ACTIVITY_QUEUE = 2;

/** What Temporal says of a queue of activities. Throws UNAVAILABLE where it does not answer. */
export async function describeActivityQueue(temporal: Client, name: string, { reportStats = false }: { reportStats?: boolean } = {}) {
  try {
    return await temporal.workflowService.describeTaskQueue({ namespace: temporal.options.namespace, taskQueue: { name }, taskQueueType: ACTIVITY_QUEUE, reportStats });
  } catch (error) {
    throw fromTemporalError(error);
  }
}
