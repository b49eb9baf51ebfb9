import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { NodeState } from '#core/node/machine';

/** Why and when a node last lost a part of its stake. */
export interface LastSlash {
  readonly atMs: number;
  readonly jobId: string;
  readonly attempt: number;
  readonly reason: string;
  readonly amountBase: string;
}

/** What the platform tells a node's workflow of when its state or its stake changed; never of a heartbeat. */
export interface NodeReport {
  readonly state: NodeState;
  readonly atMs: number;
  readonly stakeBase: string;
  readonly banned: boolean;
  readonly totalJobs: number;
  readonly successful: number;
  readonly lastSlash: LastSlash | null;
}

/** Input of `nodeWorkflow`, workflow id `node-<nodeId>`. `life` is what an earlier run hands over. */
export interface NodeInput {
  readonly nodeId: string;
  readonly life?: NodeStatus;
  /** For tests: goes on in a new run after so many events, and not only when the server suggests it. */
  readonly maxEvents?: number;
}

export interface NodeStatus {
  readonly state: NodeState;
  /** In this state since then. */
  readonly sinceMs: number;
  readonly stakeBase: string;
  readonly jobsDone: number;
  readonly successful: number;
  readonly lastSlash: LastSlash | null;
}

export interface NodeResult extends NodeStatus {
  readonly outcome: 'banned' | 'withdrawn';
}

export const nodeChangedSignal = defineSignal<[NodeReport]>('nodeChanged');
/** Null before the first report. */
export const nodeStatusQuery = defineQuery<NodeStatus | null>('nodeStatus');
