/** What bench and bare workflow agree on. The bare workflow does a job's steps in a job's order, and nothing in them. */

export const BARE_PLATFORM_QUEUE = 'bare-platform';
export const BARE_CAPABILITY_QUEUE = 'bare-capability';
export const BARE_VERIFIER_QUEUE = 'bare-verifier';
export const BARE_WORKFLOW_TYPE = 'bareWorkflow';
export const BARE_UPDATE = 'submitBare';

export interface BareInput {
  readonly jobId: string;
}

/** Stands for the platform's writes to its own database: local activities. */
export interface BareLocalActivities {
  record(input: { jobId: string; step: string }): Promise<void>;
}

/** Stands for the steps on chain; named as the real ones, so that one reader of histories does for both. */
export interface BareChainActivities {
  lockEscrow(input: BareInput): Promise<void>;
  assignNode(input: BareInput): Promise<void>;
  commitResult(input: BareInput): Promise<void>;
  releasePayment(input: BareInput): Promise<void>;
}

export interface BareNodeActivities {
  claimJob(input: BareInput): Promise<{ nodeId: string }>;
  startTraining(input: BareInput): Promise<void>;
  awaitTraining(input: BareInput): Promise<void>;
}

export interface BareVerifierActivities {
  verifyResult(input: BareInput): Promise<void>;
}
