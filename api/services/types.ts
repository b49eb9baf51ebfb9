import type { JSONWebKeySet } from 'jose';
import type { ListedSession, SessionOrigin } from '#api/auth/session';
import type { NodeIdentity } from '#api/auth/tokens';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import type { Subscription } from '#core/identity/subscriptions';
import type { JobEndReason } from '#core/job/end-reason';
import type { JobState } from '#core/job/machine';
import type { SubmitJobInput } from '#workflows/training-job/messages';
import type { NodeState } from '#core/node/machine';
import type { ApiKeyServices, CredentialServices, EmailServices, LoginMethodServices, OauthServices, OutboxServices, WalletLoginServices } from './account-types.ts';
import type { ClassPriceView } from './class-prices.ts';
import type { IdempotencyServices } from './idempotency.ts';
import type { CheckView } from './job-checks.ts';
import type { WaitView } from './job-wait.ts';
import type { EarningsServices, MachineServices } from './machine-types.ts';
import type { OnboardingServices } from './onboarding.ts';
import type { OperationsServices } from './operation-types.ts';
import type { OwnNodeServices } from './own-node-types.ts';
import type { PersonalDataServices } from './personal-data.ts';
import type { ServerNodeServices } from './node-types.ts';
import type { WalletServices, WalletView } from './wallet-types.ts';

export type { WalletView };

/** Who asks. Every service call takes one; what the actor may see or do is decided inside the service. */
export interface Actor {
  readonly userId: string;
  readonly role: 'user' | 'provider' | 'operator';
  /** What their limits follow from, where a token was looked up; the platform's own parts have none. */
  readonly subscription?: Subscription;
  /** What a program with an API key may do; null or missing where a person logged in. */
  readonly scopes?: readonly string[] | null;
}

export interface UserView {
  readonly id: string;
  /** Null for somebody who came with a wallet and gave none. */
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly username: string;
  readonly role: Actor['role'];
  readonly subscription: 'free' | 'pro';
  readonly wallet: { readonly address: string } | null;
  readonly stats: { readonly modelsCreated: number; readonly downloads: number };
  /** Ids of their API keys. */
  readonly apiKeys: readonly string[];
  readonly createdAt: Date;
}

export interface JobSpecification {
  /** JSON of core/graph's schema. */
  readonly graphJson: string;
  readonly datasetCid: string;
  readonly hyperParameters: HyperParameters;
  readonly deviceClass: string;
  readonly deadlineMs: number;
}

export interface QuoteView {
  readonly quoteId: string;
  readonly amountBase: bigint;
  readonly nodeBase: bigint;
  readonly platformBase: bigint;
  readonly pricePerHourBase: bigint;
  readonly estimatedDurationMs: number;
  readonly capableNodes: number;
  readonly expiresAt: Date;
}

export interface StateChangeView {
  readonly state: JobState;
  readonly at: Date;
}

export type TransferPurpose =
  | 'welcome-credit'
  | 'escrow-lock'
  | 'node-payout'
  | 'platform-fee'
  | 'refund'
  | 'donation'
  | 'stake-deposit'
  | 'stake-topup'
  | 'stake-withdraw'
  | 'slash';

export interface TransferView {
  readonly purpose: TransferPurpose;
  /** Ledger accounts, e.g. `wallet:<address>`, `escrow:<address>`, `platform`. */
  readonly from: string;
  readonly to: string;
  readonly amountBase: bigint;
  readonly signature: string;
  readonly jobId: string | null;
  readonly at: Date;
}

/** A transfer as somebody sees it whom it concerns. */
export interface OwnTransferView extends TransferView {
  /** A provider is paid for other people's jobs: those are not theirs to open. */
  readonly canOpenJob: boolean;
}

export interface AttemptView {
  readonly attempt: number;
  readonly nodeId: string | null;
  readonly claimedAt: Date | null;
  readonly assignedAt: Date | null;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly trainingMs: number | null;
  readonly commitmentHex: string | null;
  readonly outcome: string | null;
  readonly outcomeReason: string | null;
}

export interface JobSummary {
  readonly jobId: string;
  readonly workflowId: string;
  readonly state: JobState;
  readonly amountBase: bigint;
  readonly attempt: number;
  readonly nodeId: string | null;
  readonly endReason: JobEndReason | null;
  readonly waitingFor: string;
  readonly modelCid: string | null;
  readonly testAccuracy: number | null;
  readonly createdAt: Date;
  readonly deadlineAt: Date;
  readonly endedAt: Date | null;
  readonly specification: JobSpecification;
}

export interface JobView extends JobSummary {
  readonly states: readonly StateChangeView[];
  readonly attempts: readonly AttemptView[];
  readonly transfers: readonly TransferView[];
  readonly nodeAccount: string | null;
  readonly escrowAddress: string | null;
}

export interface ProgressView {
  readonly attempt: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly samplesPerSecond: number;
}

/** One event of a job's stream; `eventId` rises, so a reader resumes after the last one it saw. */
export type JobUpdate = { readonly eventId: bigint; readonly at: Date } & (
  | { readonly kind: 'state'; readonly state: JobState }
  | { readonly kind: 'progress'; readonly progress: ProgressView }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'transfer'; readonly transfer: TransferView }
);

export interface DatasetView {
  readonly cid: string;
  readonly name: string;
  readonly samples: number;
  readonly heldOutSamples: number;
  readonly sizeBytes: number;
  readonly sampleShape: readonly number[];
  /** 0 where the targets are numbers. */
  readonly classes: number;
  /** Of the samples' values; null for a dataset that was registered before this was asked for. */
  readonly inputDtype: InputDtype | null;
  /** Numbers in one target; null with classes, and as above. */
  readonly targetWidth: number | null;
  readonly createdAt: Date;
}

/** Bytes and floats are values; `int32` are indices of words or categories. */
export type InputDtype = 'uint8' | 'float32' | 'int32';

export interface RegisterDatasetInput {
  readonly cid: string;
  readonly key: Uint8Array;
  readonly name: string;
  readonly samples: number;
  readonly sizeBytes: number;
  readonly sampleShape: readonly number[];
  /** 0 where the targets are numbers. */
  readonly classes: number;
  /** May be left out by clients that do not know it: then only the data itself shows whether it fits a model. */
  readonly inputDtype?: InputDtype | undefined;
  readonly targetWidth?: number | undefined;
  readonly heldOutCid: string;
  readonly heldOutKey: Uint8Array;
  readonly heldOutSamples: number;
}

export interface ModelView {
  readonly jobId: string;
  readonly cid: string;
  readonly testAccuracy: number | null;
  readonly testLoss: number | null;
  /** What was paid for it. */
  readonly amountBase: bigint;
  readonly specification: JobSpecification;
  readonly createdAt: Date;
}

export interface NodeView {
  readonly nodeId: string;
  readonly account: string | null;
  readonly deviceClass: string;
  readonly deviceName: string;
  /** Of the device that trains: a GPU's own, a CPU's machine's. 0 where it is not known. */
  readonly memoryMb: number;
  readonly state: NodeState;
  readonly pricePerHourBase: bigint;
  readonly stakeBase: bigint;
  readonly samplesPerSecond: number;
  readonly totalJobs: number;
  readonly successful: number;
  readonly avgTimeMs: number;
  readonly lastSeenAt: Date | null;
}

export interface ReceiptView {
  readonly jobId: string;
  /** The file itself, byte for byte. */
  readonly body: string;
  readonly at: Date;
}

export interface PageRequest {
  /** 0 for the usual size. */
  readonly pageSize: number;
  /** '' for the first page. */
  readonly pageToken: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
}

/** The use cases, as every edge (HTTP, gRPC, web) sees them. Built by `createServices` in api/services/services.ts. */
export interface Services {
  readonly accounts: {
    /** `from` is the caller's network address, where the edge knows it. RATE_LIMITED where it is used too often. */
    register(input: { email: string; username: string; password: string }, from?: string): Promise<UserView>;
    /** `login` is the e-mail or the username. BAD_CREDENTIALS on any mismatch, in constant time. RATE_LIMITED as above. */
    login(input: { login: string; password: string }, from?: string): Promise<UserView>;
    get(actor: Actor, userId: string): Promise<UserView>;
    /** For operators. The other stays logged in, and has the new limits at once. */
    setSubscription(actor: Actor, userId: string, subscription: Subscription): Promise<UserView>;
  };
  readonly walletLogin: WalletLoginServices;
  readonly loginMethods: LoginMethodServices;
  readonly email: EmailServices;
  readonly credentials: CredentialServices;
  readonly apiKeys: ApiKeyServices;
  readonly oauth: OauthServices;
  readonly outbox: OutboxServices;
  readonly sessions: {
    create(userId: string, origin?: SessionOrigin): Promise<{ sessionId: string; cookie: string }>;
    /** From a Cookie header; `cookie` is set where the browser's must be refreshed or cleared. */
    validate(cookieHeader: string | null): Promise<{ user: UserView; sessionId: string; cookie: string | null } | null>;
    invalidate(sessionId: string): Promise<{ cookie: string }>;
    list(actor: Actor, currentSessionId: string | null): Promise<readonly (ListedSession & { readonly isCurrent: boolean })[]>;
    /** NOT_FOUND for somebody else's. */
    revoke(actor: Actor, handle: string): Promise<void>;
    revokeOthers(actor: Actor, currentSessionId: string): Promise<void>;
  };
  readonly tokens: {
    /** For a day, unless told for how long. */
    issueUserToken(user: UserView, lifetimeMs?: number): Promise<{ token: string; expiresAt: Date }>;
    /** Throws UNAUTHENTICATED or TOKEN_EXPIRED. */
    verifyUserToken(token: string): Promise<Actor>;
    /** Throws UNAUTHENTICATED, TOKEN_EXPIRED, or FORBIDDEN for a user's token. */
    verifyNodeToken(token: string): Promise<NodeIdentity>;
    /** JWK set of the keys that verify our tokens. */
    publicKeys(): JSONWebKeySet;
  };
  readonly onboarding: OnboardingServices;
  readonly wallet: WalletServices;
  readonly datasets: {
    register(actor: Actor, input: RegisterDatasetInput): Promise<DatasetView>;
    list(actor: Actor): Promise<readonly DatasetView[]>;
    page(actor: Actor, page: PageRequest): Promise<Page<DatasetView>>;
    /** NOT_FOUND for somebody else's. */
    get(actor: Actor, cid: string): Promise<DatasetView>;
    /** The key of an own dataset (or of its held-out part), for its owner alone. */
    open(actor: Actor, cid: string): Promise<{ cid: string; key: Uint8Array }>;
  };
  readonly quotes: {
    get(actor: Actor, specification: JobSpecification): Promise<QuoteView>;
    /** The same job on each class of hardware that is online. Nothing is kept, and nothing of it binds. */
    compare(actor: Actor, specification: JobSpecification): Promise<readonly ClassPriceView[]>;
  };
  readonly jobs: {
    submit(
      actor: Actor,
      input: { requestId: string; quoteId: string; specification: JobSpecification; budgetBase: bigint },
    ): Promise<{ jobId: string; workflowId: string; state: JobState }>;
    /** For integrators: a checked job that the caller's own Temporal client starts. */
    prepare(
      actor: Actor,
      input: { requestId: string; quoteId: string; specification: JobSpecification; budgetBase: bigint },
    ): Promise<{ jobId: string; workflowId: string; taskQueue: string; submission: SubmitJobInput }>;
    get(actor: Actor, jobId: string): Promise<JobView>;
    /** `q`: the beginning of a job id, of a dataset's CID or of a device class, or a part of the dataset's name. */
    list(actor: Actor, page: { pageSize: number; pageToken: string; state?: JobState | undefined; q?: string | undefined }): Promise<Page<JobSummary>>;
    /** Why it has no node yet; null where it waits for none. */
    explainWait(actor: Actor, jobId: string): Promise<WaitView | null>;
    /** How each delivered result was checked. */
    checks(actor: Actor, jobId: string): Promise<readonly CheckView[]>;
    cancel(actor: Actor, jobId: string): Promise<{ state: JobState }>;
    /** Ends by itself after the job's last event. Stops when `signal` aborts. */
    follow(actor: Actor, jobId: string, afterEventId: bigint, signal: AbortSignal): AsyncIterable<JobUpdate>;
  };
  readonly models: {
    list(actor: Actor): Promise<readonly ModelView[]>;
    page(actor: Actor, page: PageRequest): Promise<Page<ModelView>>;
    /** Of an own job. NOT_FOUND where it has not been completed. */
    get(actor: Actor, jobId: string): Promise<ModelView>;
    /** The key of a completed job's model, for its owner alone. */
    open(actor: Actor, jobId: string): Promise<{ cid: string; key: Uint8Array }>;
  };
  readonly receipts: {
    /** Of an ended job, for its owner and operators. STATE_CONFLICT before the end, CONFLICT while it is being written. */
    get(actor: Actor, jobId: string): Promise<ReceiptView>;
  };
  readonly nodes: OwnNodeServices & {
    /** Public: whom one could hire. */
    list(): Promise<readonly NodeView[]>;
    page(page: PageRequest): Promise<Page<NodeView>>;
    get(nodeId: string): Promise<NodeView>;
  };
  readonly machines: MachineServices;
  readonly earnings: EarningsServices;
  readonly serverNodes: ServerNodeServices;
  readonly personalData: PersonalDataServices;
  readonly idempotency: IdempotencyServices;
  /** One entry for each part that the platform stands on; `ok` false with the reason where it does not answer. */
  readonly health: {
    check(): Promise<HealthView>;
  };
  readonly operations: OperationsServices;
}

export type HealthView = Readonly<Record<'postgres' | 'mongo' | 'temporal' | 'chain' | 'storage', { ok: boolean; reason: string }>>;
