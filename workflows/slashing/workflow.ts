import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { EscrowActivities, JobActivities, OpinionBookActivities } from '#activities/platform/contract';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { CHAIN, DATABASE } from '#temporal/contract/retry';
import { untilDone } from '../until-done.ts';
import type { SlashingInput } from './messages.ts';

const chain = proxyActivities<EscrowActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE });
const database = proxyLocalActivities<JobActivities & OpinionBookActivities>(DATABASE);

/**
 * The published ladder: a timeout costs 10 % of the stake, a result that failed verification 25 %, the third failure in a
 * row all of it and the node is barred. The program takes it with the attempt's outcome, which it sets once; the step
 * asks the chain first. So this may be repeated, and slashes once.
 */
export async function slashingWorkflow({ jobId, attempt, outcome, reason }: SlashingInput): Promise<void> {
  // The lease ends first, so that no key is released while the chain step runs.
  await database.closeAttempt({ jobId, attempt, outcome, reason });
  // What a liar left behind is not gone on from, whether or not the segment of it was drawn.
  if (outcome === 'invalid') await database.disownAttempt({ jobId, attempt, reason });
  await untilDone('slash the node', () => chain.failAttempt({ jobId, attempt, outcome, reason }));
}
