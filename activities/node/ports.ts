import type { CheckpointLine } from '#engine/node/child-contract';
import type { NodeSlot } from './slot.ts';
import type { Supervisor } from './supervisor.ts';

/** Where and as what this node works. Its owner chose it; it never comes from a job. */
export interface NodeSettings {
  readonly nodeId: string;
  /** Classes that this node's measured hardware serves. */
  readonly deviceClasses: readonly string[];
  readonly pricePerHourBase: bigint;
  /** Root of everything that the node keeps on disk. */
  readonly workDir: string;
  /** Free disk below which an offer is refused. */
  readonly minFreeDiskBytes: number;
  /** The trainer's threads: part of the device class. Default: all CPUs. */
  readonly threads?: number;
  /** What a training may hold in memory. Default: four fifths of the machine's. */
  readonly memoryLimitMb?: number;
  /** Longest time between two checkpoints. */
  readonly checkpointEveryMs?: number;
}

export interface ClaimAnswer {
  readonly granted: boolean;
  readonly reason: string;
}

/** References and keys of one attempt; they live in memory only. */
export interface Lease {
  readonly graphJson: string;
  readonly hyperParametersJson: string;
  readonly datasetCid: string;
  readonly datasetKey: Uint8Array;
  readonly modelKey: Uint8Array;
  readonly storageUrl: string;
  /** Steps between two links of the commitment chain. */
  readonly checkpointEverySteps: number;
  /** Where to go on from; left out for a fresh start. It is encrypted with the model key. */
  readonly resumeFrom?: ResumePoint;
}

/** A checkpoint that an attempt at the job put into CyxCloud. Hashes are hexadecimal digits. */
export interface ResumePoint {
  readonly step: number;
  readonly cid: string;
  readonly stateHash: string;
  readonly chain: string;
}

/** A line of `checkpoints.jsonl`, and where its file is now. */
export interface CheckpointReport extends CheckpointLine {
  readonly jobId: string;
  readonly attempt: number;
  readonly cid: string;
}

export interface ProgressReport {
  readonly jobId: string;
  readonly attempt: number;
  readonly sequence: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly samplesPerSecond: number;
}

export interface CompletionReport {
  readonly jobId: string;
  readonly attempt: number;
  readonly modelCid: string;
  readonly modelSizeBytes: number;
  readonly commitmentHex: string;
  readonly finalLoss: number;
  readonly finalAccuracy: number;
  readonly trainingMs: number;
}

/** The node's side of `NodeService`. Every method throws a CyxError; retryable ones say so in their table entry. */
export interface PlatformPort {
  claimJob(jobId: string, attempt: number, refusal?: string): Promise<ClaimAnswer>;
  /** With `resumeBeforeStep`, where to go on from is a checkpoint of fewer steps, or none. */
  acquireLease(jobId: string, attempt: number, resumeBeforeStep?: number): Promise<Lease>;
  reportProgress(report: ProgressReport): Promise<void>;
  reportCheckpoint(report: CheckpointReport): Promise<void>;
  reportCompletion(report: CompletionReport): Promise<void>;
}

/** What the node needs of CyxCloud, at the gateway that a lease names. `CyxCloudClient` satisfies it. */
export interface StoragePort {
  get(cid: string, key: Uint8Array, options: { readonly signal: AbortSignal }): Promise<ReadableStream<Uint8Array>>;
  put(data: ReadableStream<Uint8Array>, options: { readonly key: Uint8Array; readonly signal: AbortSignal }): Promise<{ readonly cid: string }>;
}

export interface NodeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface NodeActivityDeps {
  readonly settings: NodeSettings;
  readonly platform: PlatformPort;
  readonly storageAt: (baseUrl: string) => StoragePort;
  readonly supervisor: Supervisor;
  readonly slot: NodeSlot;
  readonly log: NodeLog;
}
