import type { OwnNodeView as OwnNode } from '#api/services/machine-types';
import type { OwnNodeEarningsView as NodeEarnings, OwnNodeStatusView as NodeStatus, SlashView as Slash, StakeTopUpView as StakeTopUp, UnstakingView as Unstaking } from '#api/services/own-node-types';

export type { NodeEarnings, NodeStatus, OwnNode, Slash, StakeTopUp, Unstaking };

/** What providers do with their nodes. A machine's API key in the token's place may do what moves no tokens, for its own node. */
export interface NodeCalls {
  /** For a login. */
  listMine(): Promise<readonly OwnNode[]>;
  status(nodeId: string): Promise<NodeStatus>;
  /** A draining node hands back what it has and takes nothing new, until it is told otherwise. */
  setDraining(nodeId: string, draining: boolean): Promise<void>;
  /** A paused node ends the job that it has and takes no new one. */
  setPaused(nodeId: string, paused: boolean): Promise<void>;
  earnings(nodeId: string): Promise<NodeEarnings>;
  /** Why it lost stake, the latest first. */
  slashes(nodeId: string): Promise<readonly Slash[]>;
  /** Locks the stake for 7 days, after which it comes back. Repeating it begins nothing anew. For a login. */
  beginUnstaking(nodeId: string): Promise<Unstaking>;
  cancelUnstaking(nodeId: string): Promise<Unstaking>;
  /** Once for each request id. For a login. */
  topUpStake(nodeId: string, input: { requestId: string; amountBase: bigint }): Promise<StakeTopUp>;
}
