import type { JobState } from '#core/job/machine';
import type { NodeState } from '#core/node/machine';
import type { AuditReport } from './audit.ts';
import type { Actor, HealthView } from './types.ts';

export interface QueueView {
  readonly name: string;
  /** What is polled from it, in words. */
  readonly about: string;
  readonly pollers: number;
  /** Tasks that nobody has taken yet, about. */
  readonly backlog: number;
  /** How long the first of them has been waiting, ms; 0 where none is. */
  readonly oldestMs: number;
}

export interface FailedWorkflowView {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly status: 'failed' | 'timed out' | 'terminated';
  readonly closedAt: Date;
}

export interface OverdueJobView {
  readonly jobId: string;
  readonly workflowId: string;
  readonly state: JobState;
  readonly deadlineAt: Date;
  readonly waitingFor: string;
}

/** How the platform is, for those who run it. */
export interface OperationsView {
  readonly parts: HealthView;
  /** Null where Temporal does not answer. */
  readonly queues: readonly QueueView[] | null;
  /** Of the last week, the latest first; null where Temporal does not answer. A refunded job is no failed workflow. */
  readonly failedWorkflows: readonly FailedWorkflowView[] | null;
  readonly overdueJobs: readonly OverdueJobView[];
  readonly nodes: readonly { readonly state: NodeState; readonly nodes: number; readonly banned: number }[];
  /** Of the last day. No node is blamed for what it could not do meanwhile. */
  readonly outages: readonly { readonly component: string; readonly fromAt: Date; readonly toAt: Date }[];
}

export interface OperationsServices {
  overview(actor: Actor): Promise<OperationsView>;
  /** Proves the ledger against the chain. */
  audit(actor: Actor): Promise<AuditReport>;
}
