import type { z } from 'zod';
import type { hyperParametersSchema } from '#core/graph/hyper-parameters';
import type { JobState } from '#core/job/machine';
import type { NodeCalls } from './node-types.ts';
import type { DatasetView, JobUpdate, JobView, QuoteView, TransferView, UserView, WalletView } from '#api/services/types';

export type { DatasetView, JobUpdate, QuoteView, TransferView, UserView, WalletView } from '#api/services/types';

/** What to train. `hyperParameters` may leave out what has a default. */
export interface Specification {
  /** JSON text of the model graph. */
  readonly graphJson: string;
  readonly datasetCid: string;
  readonly hyperParameters: z.input<typeof hyperParametersSchema>;
  /** `cpu` or `cuda.<8|16|24|48|80>g`. */
  readonly deviceClass: string;
  readonly deadlineMs: number;
}

/** A job as both transports report it. A listed job has no `states` and `transfers`. */
export type Job = Omit<JobView, 'attempts' | 'endedAt' | 'specification'> & {
  readonly endMessage: string | null;
  readonly specification: Specification;
};

export interface SubmitInput {
  /** Chosen by the caller; the same id is the same job for ever, so a submission may safely be repeated. */
  readonly requestId: string;
  readonly quoteId: string;
  readonly specification: Specification;
  /** The most that may be locked, in base units. */
  readonly budgetBase: bigint;
}

export interface Submitted {
  readonly jobId: string;
  readonly workflowId: string;
  readonly state: JobState;
}

export interface ListInput {
  readonly pageSize?: number;
  readonly pageToken?: string;
  readonly state?: JobState;
}

/** How calls about jobs travel: gRPC from Node, HTTP from browsers. */
export interface JobTransport {
  quote(specification: Specification): Promise<QuoteView>;
  submit(input: SubmitInput): Promise<Submitted>;
  status(jobId: string): Promise<Job>;
  cancel(jobId: string): Promise<{ readonly state: JobState }>;
  list(page: ListInput): Promise<{ readonly jobs: readonly Job[]; readonly nextPageToken: string }>;
  /** One connection's worth of updates; it may end or break before the job does. */
  stream(jobId: string, afterEventId: bigint, signal: AbortSignal): AsyncIterable<JobUpdate>;
  close(): void;
}

export interface DatasetMeta {
  readonly name: string;
  readonly samples: number;
  readonly heldOutSamples: number;
  /** Shape of one sample, e.g. [28, 28, 1]. */
  readonly sampleShape: readonly number[];
  /** 0 where the targets are numbers. */
  readonly classes: number;
  /** Of `x`. Told, a dataset that a model can not read is refused with the quote. */
  readonly inputDtype?: 'uint8' | 'float32' | 'int32';
  /** Numbers in one target; not with classes. */
  readonly targetWidth?: number;
}

export interface PutDatasetInput {
  readonly train: Uint8Array | Blob | ReadableStream<Uint8Array>;
  /** Kept apart: no node ever gets its key. */
  readonly heldOut: Uint8Array | Blob | ReadableStream<Uint8Array>;
  readonly meta: DatasetMeta;
  readonly onProgress?: (progress: { readonly sentBytes: number; readonly totalBytes: number | undefined }) => void;
}

export interface StoredDataset extends DatasetView {
  readonly key: Uint8Array;
  readonly heldOutCid: string;
  readonly heldOutKey: Uint8Array;
}

export interface Login {
  readonly token: string;
  readonly expiresAt: Date;
  readonly user: UserView;
}

/**
 * Everything a program does with CyxWiz. All methods throw CyxError, whose `code` says what happened and whose message
 * says what to do.
 */
export interface CyxWizClient extends Omit<JobTransport, 'stream' | 'list'> {
  readonly auth: {
    /** All three log in: later calls carry the token. */
    register(input: { email: string; username: string; password: string }): Promise<Login>;
    login(input: { login: string; password: string }): Promise<Login>;
    /** For programs: they may do what the key's scopes say. */
    loginWithKey(apiKey: string): Promise<Login>;
    me(): Promise<UserView>;
  };
  /** A token from an earlier login. */
  setToken(token: string): void;
  /** Null while the wallet is still being made. */
  wallet(): Promise<WalletView | null>;
  walletTransfers(page?: ListInput): Promise<{ readonly transfers: readonly TransferView[]; readonly nextPageToken: string }>;
  readonly data: {
    /** Encrypts, uploads and registers a dataset. Memory does not grow with it where streams are given. */
    put(input: PutDatasetInput): Promise<StoredDataset>;
    /** Decrypts while it downloads. Without a key, the platform is asked for it: for the owner's own datasets. */
    get(cid: string, key?: Uint8Array): Promise<ReadableStream<Uint8Array>>;
    list(): Promise<readonly DatasetView[]>;
  };
  list(page?: ListInput): Promise<{ readonly jobs: readonly Job[]; readonly nextPageToken: string }>;
  /**
   * Updates until the job has ended, each exactly once and in order. Lost connections are made again, without an end,
   * until `signal` aborts.
   */
  follow(jobId: string, options?: { afterEventId?: bigint; signal?: AbortSignal }): AsyncIterable<JobUpdate>;
  /** The receipt of an ended job: the file's very bytes, which `verifyReceipt` of core checks. */
  receipt(jobId: string): Promise<Uint8Array>;
  /** One's own nodes. */
  readonly nodes: NodeCalls;
  /** The trained model of a completed job, decrypted while it downloads. */
  downloadModel(jobId: string): Promise<{ readonly cid: string; readonly stream: ReadableStream<Uint8Array> }>;
}

export interface ClientOptions {
  /** Base URL of the HTTP API, e.g. `http://127.0.0.1:3000`. */
  readonly httpUrl: string;
  /** Base URL of the storage gateway, e.g. `http://127.0.0.1:7300`. */
  readonly storageUrl: string;
  /** From an earlier login. */
  readonly token?: string;
  /** How requests reach the storage gateway, where the usual fetch will not do: a page that shows how far an upload is. */
  readonly storageFetch?: typeof globalThis.fetch;
}
