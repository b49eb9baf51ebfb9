import { proxyActivities } from '@temporalio/workflow';

/** One task of a customer on a queue that customers share. */
export async function turnsWorkflow({ taskQueue, customer }: { taskQueue: string; customer: string }): Promise<void> {
  const { take } = proxyActivities<{ take(input: { customer: string }): Promise<void> }>({ taskQueue, startToCloseTimeout: '1 min', priority: { fairnessKey: customer } });
  await take({ customer });
}
