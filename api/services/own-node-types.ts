import type { MachineActor, NodeEarningsView, OwnNodeView } from './machine-types.ts';
import type { Actor } from './types.ts';

/** How far giving up a stake has come. */
export interface UnstakingView {
  readonly nodeId: string;
  readonly step: 'locked' | 'waitingForJobs' | 'withdrawing' | 'cancelled';
  /** What is left of the stake: a slash during the lock still counts. */
  readonly stakeBase: bigint;
  /** When the lock ends, by the chain. */
  readonly availableAt: Date | null;
  /** Jobs that must have their outcome first. */
  readonly openJobs: number;
}

export interface StakeTopUpView {
  readonly nodeId: string;
  readonly amountBase: bigint;
  /** The whole stake afterwards. */
  readonly stakeBase: bigint;
  readonly signature: string;
}

/** Why a node lost a part of its stake, or all of it. */
export interface SlashView {
  readonly at: Date;
  readonly jobId: string;
  readonly attempt: number;
  readonly outcome: 'timeout' | 'invalid';
  /** For people: what was late, or what the verifiers found. */
  readonly reason: string;
  readonly amountBase: bigint;
  /** Of the stake at that moment: 10, 25 or 100 (a ban). */
  readonly percent: number;
  /** SHA-256 of the evidence in hexadecimal digits, as it stands on chain; null where the evidence is not on record. */
  readonly evidenceHashHex: string | null;
  /** The evidence itself, byte for byte what was hashed. */
  readonly evidence: string | null;
  readonly signature: string;
}

/** With what it holds now. */
export interface OwnNodeStatusView extends OwnNodeView {
  readonly jobs: readonly { readonly jobId: string; readonly attempt: number }[];
}

export interface OwnNodeEarningsView extends NodeEarningsView {
  /** The newest first. */
  readonly days: readonly (NodeEarningsView & { readonly day: string })[];
}

/** What a provider decides about a node, and is told of it. The machine that runs it may do what moves no tokens. */
export interface OwnNodeServices {
  listMine(actor: Actor): Promise<readonly OwnNodeView[]>;
  getMine(actor: Actor | MachineActor, nodeId: string): Promise<OwnNodeStatusView>;
  /** A paused node ends the job that it has and takes no new one. */
  setPaused(actor: Actor | MachineActor, nodeId: string, paused: boolean): Promise<void>;
  earnings(actor: Actor | MachineActor, nodeId: string): Promise<OwnNodeEarningsView>;
  /** The latest first. */
  slashes(actor: Actor | MachineActor, nodeId: string): Promise<readonly SlashView[]>;
  /** Locks the stake for 7 days; asked again, it answers how far that has come. Waits until the lock is on chain. */
  beginUnstaking(actor: Actor, nodeId: string): Promise<UnstakingView>;
  /** STATE_CONFLICT once the stake is on its way back. Waits until the lock is off the chain. */
  cancelUnstaking(actor: Actor, nodeId: string): Promise<UnstakingView>;
  /** Once for each request id. Waits for the chain. */
  topUpStake(actor: Actor, nodeId: string, input: { requestId: string; amountBase: bigint }): Promise<StakeTopUpView>;
}
