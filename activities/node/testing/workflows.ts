import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { NodeActivities } from '../contract.ts';

/** The node's part of a training job with the options of the real workflow, and nothing around it. */
export async function nodePartWorkflow(input: { jobId: string; attempt: number; priceBase: string; stopAfterClaim?: boolean }): Promise<string> {
  const deadlineAtMs = Date.now() + 120_000;
  const run = { jobId: input.jobId, attempt: input.attempt, deadlineAtMs };
  const { claimJob } = proxyActivities<NodeActivities>({
    taskQueue: 'train.cpu',
    startToCloseTimeout: '15 s',
    retry: { initialInterval: '500 ms', backoffCoefficient: 1.5, maximumInterval: '5 s' },
  });
  const { nodeId } = await claimJob({ ...run, deviceClass: 'cpu', maxPricePerHourBase: input.priceBase });
  if (input.stopAfterClaim === true) return 'claimed';
  const node = proxyActivities<NodeActivities>({
    taskQueue: `node.${nodeId}`,
    startToCloseTimeout: '2 min',
    heartbeatTimeout: '10 s',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: '500 ms', backoffCoefficient: 1.5, maximumInterval: '5 s' },
  });
  try {
    await node.startTraining(run);
    const { reported } = await node.awaitTraining(run);
    return reported ? 'reported' : 'lost';
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    throw error;
  }
}
