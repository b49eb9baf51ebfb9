import { proxyActivities } from '@temporalio/workflow';
import type { BenchActivities, RoundTripsInput } from './contract.ts';

/** Activities on a queue, one after the other; each is one round trip to the worker that polls it. */
export async function roundTripsWorkflow({ taskQueue, activities }: RoundTripsInput): Promise<void> {
  const worker = proxyActivities<BenchActivities>({ taskQueue, startToCloseTimeout: '30 s' });
  for (let done = 0; done < activities; done += 1) await worker.nothing({ jobId: `round trip ${done}` });
}
