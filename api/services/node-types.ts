import type { NodeIdentity } from '#api/auth/tokens';
import type { ChallengeTask, MeasuredCapability } from '#core/hardware/challenge/task';
import type { WrappedKey } from '#cyxcloud/client/lease-keys';
import type { NodeState } from '#core/node/machine';
import type { Hardware, MachineActor } from './machine-types.ts';
import type { Actor } from './types.ts';

export interface RegisterNodeInput {
  readonly machineId: string;
  readonly deviceClass: string;
  readonly hardware: Hardware;
  readonly pricePerHourBase: bigint;
  readonly stakeBase: bigint;
  readonly samplesPerSecond: number;
  readonly instructionSet: string;
}

export interface RegisteredNode {
  readonly nodeId: string;
  readonly account: string;
  readonly stakeBase: bigint;
  readonly registerSignature: string;
  /** What the owner should know; empty where all is well. */
  readonly notice: string;
}

export interface AttemptRef {
  readonly jobId: string;
  /** The fence: what is said under an older number is refused. */
  readonly attempt: number;
}

export interface Lease {
  readonly graphJson: string;
  readonly hyperParametersJson: string;
  /** Keys are wrapped for the process that asked, and for this lease. */
  readonly dataset: { readonly cid: string; readonly key: WrappedKey };
  readonly modelKey: WrappedKey;
  /** End of the lease, if it does not end before. */
  readonly deadlineAt: Date;
  readonly storageUrl: string;
  /** Steps between two links of the commitment chain. */
  readonly checkpointEverySteps: number;
  /** Where to go on from; null for a fresh start. It is encrypted with the model key. */
  readonly resumeFrom: StoredCheckpoint | null;
}

/** A checkpoint in CyxCloud; see `jobCheckpoints`. */
export interface StoredCheckpoint {
  readonly step: number;
  readonly cid: string;
  readonly sizeBytes: number;
  readonly isLink: boolean;
  readonly stateHash: Uint8Array;
  readonly epoch: number;
  readonly batch: number;
  readonly meanLoss: number;
  readonly chain: Uint8Array;
}

export interface ProgressReport extends AttemptRef {
  /** Rises by one for each report of an attempt; repeats are ignored. */
  readonly sequence: bigint;
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly samplesPerSecond: number;
  /** A line for the job's log, or empty. */
  readonly log: string;
}

export interface CompletionReport extends AttemptRef {
  readonly modelCid: string;
  readonly modelSizeBytes: number;
  readonly commitment: Uint8Array;
  readonly finalLoss: number;
  readonly finalAccuracy: number;
  readonly trainingMs: number;
}

export interface ChallengeOutcome {
  readonly passed: boolean;
  /** Why not, where it did not. */
  readonly reason: string;
  readonly measured: MeasuredCapability;
}

/** A machine shows what it can do, in this order; see core/hardware/challenge. */
export interface CapabilityServices {
  /** `nodeId` is empty before a registration. RATE_LIMITED where one machine begins too many. */
  beginChallenge(actor: Actor | MachineActor, input: { machineId: string; deviceClass: string; nodeId: string }): Promise<{ challengeId: string; task: ChallengeTask }>;
  reportFilled(actor: Actor | MachineActor, input: { challengeId: string }): Promise<{ nonce: string }>;
  commitAnswer(actor: Actor | MachineActor, input: { challengeId: string; digest: Uint8Array }): Promise<void>;
  revealAnswer(actor: Actor | MachineActor, input: { challengeId: string; values: Uint8Array }): Promise<ChallengeOutcome>;
}

/** What Server Nodes ask for. Every call after registration is made by the node itself, with its 5-minute token. */
export interface ServerNodeServices extends CapabilityServices {
  /**
   * Once for each machine and device: repeating it returns the same node. Waits for the stake to be on chain.
   * NODE_NOT_ELIGIBLE unless the machine has just shown that it is of the class.
   */
  register(actor: Actor | MachineActor, input: RegisterNodeInput): Promise<RegisteredNode>;
  issueToken(machine: MachineActor, nodeId: string): Promise<{ token: string; expiresAt: Date; taskQueues: readonly string[] }>;
  /** Its owner, or its machine, wants the node to end its work, or to go on. */
  setDraining(actor: Actor | MachineActor, nodeId: string, draining: boolean): Promise<void>;
  heartbeat(node: NodeIdentity, nodeId: string): Promise<{ state: NodeState; draining: boolean; challengeDue: boolean }>;
  claim(node: NodeIdentity, claim: AttemptRef & { accept: boolean; reason: string }): Promise<{ granted: boolean; reason: string }>;
  /**
   * FENCED unless this attempt is assigned to this node and still open. With `resumeBeforeStep` above 0, where to go on
   * from is a checkpoint of fewer steps. The keys are wrapped for `publicKey`.
   */
  acquireLease(node: NodeIdentity, ref: AttemptRef & { readonly publicKey: Uint8Array; readonly resumeBeforeStep?: number }): Promise<Lease>;
  reportProgress(node: NodeIdentity, report: ProgressReport): Promise<void>;
  /** Once for each step of an attempt; ALREADY_EXISTS where another state was reported for it. */
  reportCheckpoint(node: NodeIdentity, report: AttemptRef & { readonly checkpoint: StoredCheckpoint }): Promise<void>;
  /** ALREADY_EXISTS where another result was reported before. */
  reportCompletion(node: NodeIdentity, report: CompletionReport): Promise<void>;
}
