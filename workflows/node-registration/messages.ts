import { defineQuery } from '@temporalio/workflow';

/** Input of `nodeRegistrationWorkflow`, workflow id `node-registration-<nodeId>`. The `nodes` row exists already. */
export interface NodeRegistrationInput {
  readonly nodeId: string;
  readonly ownerId: string;
  /** At least 100 CYXWIZ, base units as a decimal string. */
  readonly stakeBase: string;
}

export interface NodeRegistrationResult {
  readonly nodeId: string;
  readonly account: string;
  readonly stakeBase: string;
  readonly signature: string;
}

export const nodeRegistrationStatusQuery = defineQuery<{ step: 'funding' | 'staking' | 'active' }>('nodeRegistrationStatus');
