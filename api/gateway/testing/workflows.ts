import { ActivityCancellationType, CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';

/** Activities of the tests' worker: the same three steps as a node's, without a training. */
export interface ProbeActivities {
  claimJob(input: { jobId: string }): Promise<{ nodeId: string }>;
  startTraining(input: { jobId: string }): Promise<{ resumedFromStep: number }>;
  awaitTraining(input: { jobId: string; beats: number }): Promise<{ beats: number }>;
}

/** Claim on a capability queue, then start and await on the queue of the node that claimed. */
export async function probeJobWorkflow(input: { jobId: string; capabilityQueue: string; beats: number }): Promise<string> {
  const { claimJob } = proxyActivities<ProbeActivities>({ taskQueue: input.capabilityQueue, startToCloseTimeout: '20 s' });
  const { nodeId } = await claimJob({ jobId: input.jobId });
  const own = proxyActivities<ProbeActivities>({
    taskQueue: `node.${nodeId}`,
    startToCloseTimeout: '5 m',
    heartbeatTimeout: '10 s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  await own.startTraining({ jobId: input.jobId });
  try {
    const { beats } = await own.awaitTraining({ jobId: input.jobId, beats: input.beats });
    return `done after ${beats}`;
  } catch (error) {
    if (isCancellation(error)) return CancellationScope.nonCancellable(() => Promise.resolve('cancelled'));
    throw error;
  }
}
