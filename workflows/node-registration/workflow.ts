import { ApplicationFailure, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { NodeRegistrationActivities } from '#activities/platform/contract';
import { baseFromString } from '#core/money/amount';
import { MIN_STAKE_BASE } from '#core/money/split';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { CHAIN } from '#temporal/contract/retry';
import { type NodeRegistrationInput, type NodeRegistrationResult, nodeRegistrationStatusQuery } from './messages.ts';

const activities = proxyActivities<NodeRegistrationActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE });

/**
 * Stake → on-chain Node account → ACTIVE. Stake and account come to be in one transaction, so there is nothing to
 * undo between them; a registration that fails before it leaves the node UNREGISTERED and the wallet untouched.
 */
export async function nodeRegistrationWorkflow(input: NodeRegistrationInput): Promise<NodeRegistrationResult> {
  let step: 'funding' | 'staking' | 'active' = 'funding';
  setHandler(nodeRegistrationStatusQuery, () => ({ step }));
  if (baseFromString(input.stakeBase) < MIN_STAKE_BASE) {
    throw ApplicationFailure.create({ type: 'STAKE_TOO_LOW', message: 'A node needs a stake of at least 100 CYXWIZ', nonRetryable: true });
  }
  const { nodeId, stakeBase } = input;
  setCurrentDetails('checking the owner’s wallet');
  await activities.checkStakeFunds({ nodeId, stakeBase });
  step = 'staking';
  setCurrentDetails('depositing the stake and registering on chain');
  const registered = await activities.stakeAndRegister({ nodeId, stakeBase });
  await activities.activateNode({ nodeId, ...registered });
  step = 'active';
  setCurrentDetails(`**ACTIVE**, account ${registered.account}`);
  return { nodeId, ...registered };
}
