import type { ProgressLine, TrainingResult, TrainingSpecInput } from '#engine/node/child-contract';
import type { RunKey } from './run-key.ts';

/** One attempt's training on this node's disk, whether its process lives or not. */
export interface Run {
  readonly key: RunKey;
  readonly dir: string;
  /** The process lives. */
  alive(): boolean;
  result(): TrainingResult | undefined;
  /** Lines of progress after a sequence number, in order. */
  progressAfter(sequence: number): ProgressLine[];
}

/** What a run needs beside the child's own specification. */
export interface RunPlan {
  readonly spec: Omit<TrainingSpecInput, 'jobId' | 'attempt'>;
  readonly deadlineAtMs: number;
}

/**
 * Owns the training processes of this node. They are detached: they outlive a crash of the worker, and the next
 * supervisor finds them again by their files. Nothing but `stop` ends one before its time.
 */
export interface Supervisor {
  /** The directory of an attempt; made if need be. */
  directory(key: RunKey): string;
  find(key: RunKey): Run | undefined;
  /** The run as it is, or a process started in its directory: fresh, or from the newest checkpoint of the job. */
  start(key: RunKey, plan: () => Promise<RunPlan>): Promise<Run>;
  /** Ends the process at once and forgets the attempt's files. */
  stop(key: RunKey): Promise<void>;
  /** Attempts whose process lives. */
  live(): RunKey[];
  /** Asks every process to write a checkpoint and leave; for an orderly shutdown. */
  suspendAll(): Promise<void>;
  /** Removes directories that nobody can need again. */
  prune(nowMs: number): void;
}
