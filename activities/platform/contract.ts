import type { JobEndReason } from '#core/job/end-reason';
import type { JobEvent, JobState } from '#core/job/machine';
import type { SubmitJobInput } from '#workflows/training-job/messages';

/** What the platform's workflows ask of the platform's own worker. Money is in decimal strings of base units. */

export interface TransitionInput {
  readonly jobId: string;
  readonly event: JobEvent;
  /** The same key is the same transition: repeating it changes nothing. */
  readonly key: string;
  readonly patch?: {
    readonly attempt?: number;
    readonly nodeId?: string | null;
    readonly endReason?: JobEndReason;
    readonly waitingFor?: string;
  };
}

export interface PlacementPlan {
  /** `true` where a reliable node of the class is free: it is asked alone for the first seconds. */
  readonly askReliableFirst: boolean;
  /** Why the job waits, for people. */
  readonly waitingFor: string;
}

/** A job's row after a transition. */
export interface RecordedState {
  readonly state: JobState;
  readonly endReason: JobEndReason | null;
  readonly modelCid: string | null;
  readonly testAccuracy: number | null;
}

export interface JobActivities {
  /** The first transition. FORBIDDEN where the submission is not what the platform checked and stored for this job. */
  acceptSubmission(input: { jobId: string; submission: SubmitJobInput }): Promise<void>;
  /** Also says how a job ended that had ended before: it stays so, and the run that is told so is over. */
  recordTransition(input: TransitionInput): Promise<RecordedState>;
  /** Opens the attempt (so that nodes may claim it) and says whom to ask. */
  planPlacement(input: { jobId: string; attempt: number }): Promise<PlacementPlan>;
  /** Ends the lease: from now on the node gets no keys and its reports are refused. */
  closeAttempt(input: { jobId: string; attempt: number; outcome: AttemptOutcome; reason: string }): Promise<void>;
  /** Whether a node is to blame for a late or missing result; see `fair-outcome.ts`. */
  judgeLateness(input: { jobId: string; attempt: number; nowMs: number }): Promise<'timeout' | 'released' | 'delivered'>;
  /** Whether providers could reach the platform, without a break, for this long until now. */
  couldProvidersReachUs(input: { forMs: number }): Promise<boolean>;
  /** Closes a paid attempt, gives the job its model and counts the job for node and user. Once. */
  completeAttempt(input: { jobId: string; attempt: number }): Promise<{ modelCid: string }>;
}

/** `released`: closed without a judgement on the node (cancelled, or not the node's fault). */
export type AttemptOutcome = 'completed' | 'timeout' | 'invalid' | 'released';

export type EscrowStatus = 'none' | 'locked' | 'released' | 'refunded';

export interface AssignResult {
  readonly granted: boolean;
  /** Another node holds this attempt on chain: it is closed, and the next one is offered. */
  readonly burned: boolean;
  /** Why not, where granted is false. The claim is cleared then, and the job is offered again. */
  readonly reason: string;
  readonly nodeId: string;
}

export interface EscrowActivities {
  /** Locks the job's escrow, or finds it. Rejects with INSUFFICIENT_FUNDS or CHAIN_REJECTED where it can not be. */
  lockEscrow(input: { jobId: string }): Promise<{ address: string; status: EscrowStatus }>;
  /** Checks the platform's own record of the claim and the node's stake, then assigns on chain. */
  assignNode(input: { jobId: string; attempt: number }): Promise<AssignResult>;
  /** Writes the node's commitment on chain, which blocks the requester's own refund until the verdict is due. */
  commitResult(input: { jobId: string; attempt: number }): Promise<{ modelCid: string }>;
  /** Closes an attempt on chain: `timeout` and `invalid` slash, `released` does not. Once each. */
  failAttempt(input: { jobId: string; attempt: number; outcome: 'timeout' | 'invalid' | 'released'; reason: string }): Promise<void>;
  /** 90 % to the node, 10 % to the platform. Finds out first whether it happened already. */
  releasePayment(input: { jobId: string; attempt: number }): Promise<{ status: EscrowStatus }>;
  /** 100 % to the requester, where an escrow is locked; otherwise says what became of it. */
  refundEscrow(input: { jobId: string }): Promise<{ status: EscrowStatus }>;
}

export interface Verdict {
  readonly valid: boolean;
  /** What was found wrong, where valid is false: with a segment's steps, and the expected and found hashes. */
  readonly reason: string;
  /** Whose work that is: this attempt's, or an earlier one's that it had gone on from. */
  readonly blamedAttempt: number | null;
  readonly testAccuracy: number;
  readonly testLoss: number;
}

/** On the platform's queue. */
export interface DrawActivities {
  /**
   * Draws the segments to re-execute, once, as soon as the chain has the block for it. STATE_CONFLICT where the secret
   * is missing or not the committed one: then there is no verdict.
   */
  drawSegments(input: { jobId: string; attempt: number }): Promise<DrawSummary>;
}

export interface DrawSummary {
  readonly drawn: number;
  readonly segments: number;
  /** Time for one verifier, by how long the training took. */
  readonly opinionWithinMs: number;
  /** Of the node that ran the attempt; left out where it never told, and in histories of before. */
  readonly instructionSet?: string;
}

/** One verifier's verdict, with what it cost. */
export interface Opinion extends Verdict {
  /** 1, 2, 3 in the order of asking. */
  readonly opinion: number;
  readonly verifierId: string;
  /** Re-executed. */
  readonly segments: number;
  readonly steps: number;
  readonly tookMs: number;
}

export interface OpinionRequest {
  readonly jobId: string;
  readonly attempt: number;
  /** 1, 2, 3: each is given once and kept. */
  readonly opinion: number;
  /** These gave theirs already; they refuse (ANOTHER_VERIFIER), so that another one is asked. */
  readonly notBy: readonly string[];
}

/** On the queue of the job's device class. */
export interface VerificationActivities {
  /** As jobs of earlier versions of the workflow ask for it: without re-execution. */
  verifyResult(input: { jobId: string; attempt: number }): Promise<Verdict>;
  /** Checks commitment, model and held-out metric, and re-executes the drawn segments. */
  giveOpinion(input: OpinionRequest): Promise<Opinion>;
}

export const ANOTHER_VERIFIER = 'ANOTHER_VERIFIER';

export interface OpinionBookActivities {
  /** Keeps an opinion, once under its number; the first stays. */
  recordOpinion(input: { jobId: string; attempt: number; opinion: Opinion }): Promise<void>;
  /** What a liar's attempt left behind, and what was built on it, is gone on from by nobody; the liar starts anew. */
  disownAttempt(input: { jobId: string; attempt: number; reason: string }): Promise<void>;
}

export interface ReceiptActivities {
  /** Writes the receipt of a job that has ended and whose money is settled; once, the same answer ever after. */
  issueReceipt(input: { jobId: string }): Promise<{ headHex: string }>;
}

export interface OnboardingActivities {
  /** Creates the user's managed wallet, or finds it. */
  createWallet(input: { userId: string }): Promise<{ address: string }>;
  /** Mints the welcome credit where one is configured; once for each user. */
  grantWelcomeCredit(input: { userId: string }): Promise<{ amountBase: string }>;
  /** True once the user has a job or a machine. */
  hasFirstJobOrMachine(input: { userId: string }): Promise<boolean>;
}

export interface AccountDeletionActivities {
  /** Why the account can not be deleted (yet), for its owner; empty where nothing ties it. */
  checkDeletable(input: { userId: string }): Promise<{ blockers: readonly string[] }>;
  /** Ends sessions, keys and tokens, and lets nobody in any more. */
  closeAccount(input: { userId: string }): Promise<void>;
  reopenAccount(input: { userId: string }): Promise<void>;
  /** Destroys the wrapped keys of datasets, models and the managed wallet: there is no way back from here. */
  shredStoredData(input: { userId: string }): Promise<void>;
  /** Removes name, e-mail, ways to log in and machines; what is left for the books is an id. */
  forgetPerson(input: { userId: string }): Promise<void>;
}

export interface NodeRegistrationActivities {
  /** Rejects with INSUFFICIENT_FUNDS where the owner's wallet can not cover the stake. */
  checkStakeFunds(input: { nodeId: string; stakeBase: string }): Promise<void>;
  /** Moves the stake into the node's vault and creates its account on chain, in one transaction. */
  stakeAndRegister(input: { nodeId: string; stakeBase: string }): Promise<{ account: string; stakeBase: string; signature: string }>;
  /** Makes the node ACTIVE in the projection. */
  activateNode(input: { nodeId: string; account: string; stakeBase: string; signature: string }): Promise<void>;
}

/** A node's stake as the chain has it. */
export interface StakeLook {
  readonly stakeBase: string;
  /** Everything that was ever slashed. */
  readonly slashedBase: string;
  readonly isUnstaking: boolean;
  /** Of the lock, by the chain's own clock; 0 once it is over. */
  readonly secondsLeft: number;
  /** Attempts without an outcome: the stake stays until they have one. */
  readonly openJobs: number;
  readonly deviceClass: string;
}

export interface WithdrawnStake {
  readonly withdrawnBase: string;
  /** Empty where nothing was left to withdraw. */
  readonly signature: string;
}

export interface UnstakingActivities {
  /** Starts the lock on chain, or finds it. FORBIDDEN for another owner, STATE_CONFLICT where there is nothing to withdraw. */
  beginUnstake(input: { nodeId: string; ownerId: string; requestId: string }): Promise<StakeLook>;
  lookAtStake(input: { nodeId: string }): Promise<StakeLook>;
  cancelUnstake(input: { nodeId: string; requestId: string }): Promise<void>;
  /** Everything in the vault to the owner, once. `countedBase`: the stake as it was looked at just before. */
  withdrawUnstake(input: { nodeId: string; requestId: string; countedBase: string }): Promise<WithdrawnStake>;
}

export interface StakeTopUpActivities {
  /** Once for each request. A node that was slashed works again from 100 CYXWIZ up; a ban is final (STATE_CONFLICT). */
  topUpStake(input: { nodeId: string; ownerId: string; requestId: string; amountBase: string }): Promise<{ signature: string; amountBase: string; stakeBase: string }>;
}
