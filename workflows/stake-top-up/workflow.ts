import { ApplicationFailure, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { StakeTopUpActivities } from '#activities/platform/contract';
import { baseFromString, formatCyxwiz } from '#core/money/amount';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { CHAIN } from '#temporal/contract/retry';
import type { StakeTopUpInput, StakeTopUpResult } from './messages.ts';

const chain = proxyActivities<StakeTopUpActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE });

/**
 * Moves tokens from the owner's wallet into a node's stake, once for each request. From 100 CYXWIZ up a node that was
 * slashed, or whose stake was withdrawn, is active again. Nothing comes before the one step, so there is nothing to undo.
 */
export async function stakeTopUpWorkflow({ nodeId, ownerId, requestId, amountBase }: StakeTopUpInput): Promise<StakeTopUpResult> {
  if (baseFromString(amountBase) <= 0n) throw ApplicationFailure.create({ type: 'UNPROCESSABLE', message: 'The amount must be above 0.', nonRetryable: true });
  setCurrentDetails(`adding ${formatCyxwiz(baseFromString(amountBase))} CYXWIZ to the stake of node ${nodeId}`);
  const added = await chain.topUpStake({ nodeId, ownerId, requestId, amountBase });
  setCurrentDetails(`added; the stake is ${formatCyxwiz(baseFromString(added.stakeBase))} CYXWIZ`);
  return { nodeId, ...added };
}
