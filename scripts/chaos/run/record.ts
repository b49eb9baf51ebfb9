import type { Job, JobUpdate, Specification } from '#api/client/node';
import type { JobState } from '#core/job/machine';
import type { ChaosNode } from '../arena/node.ts';
import type { ChaosUser } from '../arena/users.ts';
import type { PlannedJob } from '../plan/plan.ts';

/** A kill that ended a training, and what is known of the time around it. */
export interface TrainingKill {
  readonly atMs: number;
  readonly nodeId: string;
  readonly attempt: number;
}

/** All that the harness saw of one job, besides what the platform has on record. */
export interface JobRecord {
  readonly plan: PlannedJob;
  readonly user: ChaosUser;
  readonly specification: Specification;
  readonly requestId: string;
  readonly jobId: string;
  readonly liar: ChaosNode | undefined;
  amountBase: bigint;
  deadlineAtMs: number;
  acknowledgedAtMs: number | undefined;
  /** Told while the job was followed, in that order. */
  readonly updates: JobUpdate[];
  readonly kills: TrainingKill[];
  /** Troubles that found nothing to trouble any more. */
  readonly missed: string[];
  /** Invariants that were seen broken on the way. */
  readonly broken: string[];
  /** Nodes that the harness kept away past the end of their lease: a timeout of theirs is as published. */
  readonly lateNodes: Set<string>;
  endedAtMs: number | undefined;
  /** As the owner sees it at the end. */
  final: Job | undefined;
}

const ENDED: readonly JobState[] = ['COMPLETED', 'FAILED', 'CANCELLED'];

export function stateOf({ updates }: Pick<JobRecord, 'updates'>): JobState | undefined {
  const last = updates.findLast((update) => update.kind === 'state');
  return last?.kind === 'state' ? last.state : undefined;
}

export function hasEnded(record: Pick<JobRecord, 'updates' | 'endedAtMs'>): boolean {
  const state = stateOf(record);
  return record.endedAtMs !== undefined || (state !== undefined && ENDED.includes(state));
}

/** Share of the steps that the last report tells of. */
export function shareTrained({ updates }: Pick<JobRecord, 'updates'>): number {
  const last = updates.findLast((update) => update.kind === 'progress');
  return last?.kind === 'progress' ? last.progress.step / last.progress.steps : 0;
}
