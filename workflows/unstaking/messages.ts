import { defineQuery, defineUpdate } from '@temporalio/workflow';

/** Input of `unstakingWorkflow`, workflow id `unstake-<nodeId>`. It is started together with `beginUnstakingUpdate`. */
export interface UnstakingInput {
  readonly nodeId: string;
  readonly ownerId: string;
  /** Of this one unstaking: what it does on chain is done once under this id. A node may begin and cancel many. */
  readonly requestId: string;
}

export type UnstakingStep = 'beginning' | 'locked' | 'waitingForJobs' | 'withdrawing' | 'withdrawn' | 'cancelling' | 'cancelled' | 'refused';

export interface UnstakingStatus {
  readonly step: UnstakingStep;
  /** What is left of the stake: a slash during the lock still counts. */
  readonly stakeBase: string;
  /** When the lock ends, by the chain; null before it has begun. */
  readonly availableAtMs: number | null;
  /** Jobs that must have their outcome first. */
  readonly openJobs: number;
}

export interface UnstakingResult {
  readonly nodeId: string;
  readonly outcome: 'withdrawn' | 'cancelled';
  readonly withdrawnBase: string;
  /** Empty where nothing was left to withdraw. */
  readonly signature: string;
}

/** Answers once the lock is on chain, or with why it can not be. Asking twice begins once. */
export const beginUnstakingUpdate = defineUpdate<UnstakingStatus>('beginUnstaking');
/** Answers once the lock is off the chain. Refused from the moment in which the stake is being withdrawn. */
export const cancelUnstakingUpdate = defineUpdate<UnstakingStatus>('cancelUnstaking');
export const unstakingStatusQuery = defineQuery<UnstakingStatus>('unstakingStatus');
