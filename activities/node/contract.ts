/**
 * What a trainingJob workflow asks of a provider's node. Plain data; no dataset, key or model crosses Temporal.
 * `claimJob` runs on a capability queue, the other two on the node's own queue.
 */
export interface ClaimJobInput {
  readonly jobId: string;
  /** The fence: everything a node says about a job carries it. */
  readonly attempt: number;
  readonly deviceClass: string;
  /** Highest price that the quote allows, base units an hour, as a decimal string. */
  readonly maxPricePerHourBase: string;
  readonly deadlineAtMs: number;
}

/** Who claimed. The workflow trusts the platform's own record of the claim, not this. */
export interface ClaimJobResult {
  readonly nodeId: string;
}

export interface TrainingInput {
  readonly jobId: string;
  readonly attempt: number;
  readonly deadlineAtMs: number;
}

export interface StartTrainingResult {
  /** 0 for a fresh start, else the step of the checkpoint that it went on from. */
  readonly resumedFromStep: number;
}

/** The result itself is what the node told `NodeService.ReportCompletion`; this only says that it did. */
export interface AwaitTrainingResult {
  readonly reported: true;
}

export interface NodeActivities {
  /** Takes or refuses an offer. A refusal fails retryably (type CLAIM_REFUSED), so that another node is asked. */
  claimJob(input: ClaimJobInput): Promise<ClaimJobResult>;
  /** Fetches and decrypts the dataset, starts (or finds) the training process, returns once the first step is done. */
  startTraining(input: TrainingInput): Promise<StartTrainingResult>;
  /** Attaches to the training process until it ends, uploads the encrypted model, reports the completion. */
  awaitTraining(input: TrainingInput): Promise<AwaitTrainingResult>;
}

export const CLAIM_REFUSED = 'CLAIM_REFUSED';
