import * as grpc from '@grpc/grpc-js';
import { CyxError } from '#core/errors/cyx-error';
import { createLeaseKeyPair, type LeaseKeyPair, type WrappedKey } from '#cyxcloud/client/lease-keys';
import {
  NodeServiceClient,
  type BeginChallengeRequest,
  type BeginChallengeResponse,
  type CommitAnswerRequest,
  type CommitAnswerResponse,
  type DrainNodeRequest,
  type DrainNodeResponse,
  type RegisterNodeRequest,
  type RegisterNodeResponse,
  type ReportFilledRequest,
  type ReportFilledResponse,
  type RevealAnswerRequest,
  type RevealAnswerResponse,
} from '#proto/gen/cyxwiz/node/v1/node_service';
import type { ChallengePort } from './challenge.ts';
import { clientCredentials, parseEndpoint } from './endpoint.ts';
import type { CheckpointReport, PlatformPort, ResumePoint } from './ports.ts';

const CALL_TIMEOUT_MS = 10_000;
/** gRPC's own waits grow to two minutes: far too long for a node that is to show within its lease that it is back. */
const RECONNECT_WITHIN_MS = 5_000;
/** Registering waits for a stake to be on chain. */
const REGISTER_TIMEOUT_MS = 120_000;
/** The answer goes up a slow line, and is checked behind the answers of other machines. */
const REVEAL_TIMEOUT_MS = 120_000;

export interface IssuedNodeToken {
  readonly token: string;
  readonly expiresAtMs: number;
  readonly queues: readonly string[];
}

/** Tokens for the node's own calls; `renew` is asked when the platform did not take the current one. */
export interface TokenSource {
  current(): Promise<string>;
  renew(): Promise<string>;
}

export interface PlatformClientOptions {
  readonly grpcUrl: string;
  readonly caFile?: string;
  /** Reads our typed error out of a gRPC one; null where the platform did not say. */
  readonly reportedError: (error: grpc.ServiceError) => CyxError | null;
}

/** NodeService as the machine uses it, before and beside the work: with its API key. */
export interface MachineClient {
  registerNode(apiKey: string, request: RegisterNodeRequest): Promise<RegisterNodeResponse>;
  issueToken(apiKey: string, machineId: string, nodeId: string): Promise<IssuedNodeToken>;
  /** A draining node hands back what it has and takes nothing new, until it is told otherwise. */
  drainNode(apiKey: string, nodeId: string, draining: boolean): Promise<void>;
  /** The steps of a challenge; see `goThroughChallenge`. */
  readonly challenge: ChallengePort;
}

export interface NodeClient extends PlatformPort {
  heartbeat(nodeId: string, busy: boolean): Promise<{ readonly state: string; readonly draining: boolean; readonly challengeDue: boolean }>;
}

export interface PlatformClient {
  readonly machine: MachineClient;
  /** The calls that carry the node's own token. */
  node(tokens: TokenSource): NodeClient;
  close(): void;
}

type Unary<Request, Response> = (
  request: Request,
  metadata: grpc.Metadata,
  options: Partial<grpc.CallOptions>,
  callback: (error: grpc.ServiceError | null, response: Response) => void,
) => grpc.ClientUnaryCall;

export function createPlatformClient(options: PlatformClientOptions): PlatformClient {
  const endpoint = parseEndpoint(options.grpcUrl);
  const client = new NodeServiceClient(endpoint.address, clientCredentials(endpoint, options.caFile), {
    'grpc.keepalive_time_ms': 30_000,
    'grpc.max_reconnect_backoff_ms': RECONNECT_WITHIN_MS,
  });

  function call<Request, Response>(method: Unary<Request, Response>, request: Request, bearer: string, timeoutMs = CALL_TIMEOUT_MS): Promise<Response> {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${bearer}`);
    return new Promise((resolve, reject) => {
      method.call(client, request, metadata, { deadline: Date.now() + timeoutMs }, (error, response) => {
        if (error === null) resolve(response);
        else reject(options.reportedError(error) ?? new CyxError('UNAVAILABLE', `The platform does not answer: ${error.details}`, { cause: error }));
      });
    });
  }

  return {
    machine: {
      registerNode: (apiKey, request) => call<RegisterNodeRequest, RegisterNodeResponse>(client.registerNode, request, apiKey, REGISTER_TIMEOUT_MS),
      async issueToken(apiKey, machineId, nodeId) {
        const { token, expiresAt, taskQueues } = await call(client.issueNodeToken as Unary<{ machineId: string; nodeId: string }, { token: string; expiresAt?: Date; taskQueues: string[] }>, { machineId, nodeId }, apiKey);
        return { token, expiresAtMs: expiresAt?.getTime() ?? Date.now(), queues: taskQueues };
      },
      async drainNode(apiKey, nodeId, draining) {
        await call(client.drainNode as Unary<DrainNodeRequest, DrainNodeResponse>, { nodeId, draining }, apiKey);
      },
      challenge: challengePort(client, call),
    },
    node: (tokens) => nodeClient(client, call, tokens),
    close: () => client.close(),
  };
}

type Call = <Request, Response>(method: Unary<Request, Response>, request: Request, bearer: string, timeoutMs?: number) => Promise<Response>;

function challengePort(client: NodeServiceClient, call: Call): ChallengePort {
  return {
    async begin(apiKey, request) {
      const { challengeId, ...task } = await call(client.beginChallenge as Unary<BeginChallengeRequest, BeginChallengeResponse>, request, apiKey);
      return { challengeId, task };
    },
    filled: (apiKey, challengeId) => call(client.reportFilled as Unary<ReportFilledRequest, ReportFilledResponse>, { challengeId }, apiKey),
    async commit(apiKey, challengeId, digest) {
      await call(client.commitAnswer as Unary<CommitAnswerRequest, CommitAnswerResponse>, { challengeId, digest: Buffer.from(digest) }, apiKey);
    },
    async reveal(apiKey, challengeId, values) {
      const request = { challengeId, values: Buffer.from(values) };
      const { bandwidthGbs, ...outcome } = await call(client.revealAnswer as Unary<RevealAnswerRequest, RevealAnswerResponse>, request, apiKey, REVEAL_TIMEOUT_MS);
      return { ...outcome, bandwidthGBs: bandwidthGbs };
    },
  };
}

/** A token may run out between two refreshes (a laptop that slept): one more try with a fresh one. */
function withToken(call: Call, tokens: TokenSource): <Request, Response>(method: Unary<Request, Response>, request: Request) => Promise<Response> {
  return async (method, request) => {
    try {
      return await call(method, request, await tokens.current());
    } catch (error) {
      const isStale = error instanceof CyxError && (error.code === 'TOKEN_EXPIRED' || error.code === 'UNAUTHENTICATED');
      if (!isStale) throw error;
      return call(method, request, await tokens.renew());
    }
  };
}

function nodeClient(client: NodeServiceClient, call: Call, tokens: TokenSource): NodeClient {
  const send = withToken(call, tokens);
  let keyPair: Promise<LeaseKeyPair> | undefined;
  // The generated methods are overloaded; this names the one overload that is used.
  const use = <Request, Response>(method: unknown): Unary<Request, Response> => method as Unary<Request, Response>;
  return {
    heartbeat: (nodeId, busy) => send(use<object, { state: string; draining: boolean; challengeDue: boolean }>(client.heartbeat), { nodeId, busy }),
    claimJob: (jobId, attempt, refusal) =>
      send(use<object, { granted: boolean; reason: string }>(client.claimJob), { jobId, attempt, accept: refusal === undefined, reason: refusal ?? '' }),
    async acquireLease(jobId, attempt, resumeBeforeStep = 0) {
      // In this process's memory alone: what was leased to it can not be opened by what comes after it.
      const { publicKey, open } = await (keyPair ??= createLeaseKeyPair());
      const lease = await send(use<object, LeaseMessage>(client.acquireLease), { jobId, attempt, resumeBeforeStep: BigInt(resumeBeforeStep), publicKey: Buffer.from(publicKey) });
      const { graphJson, hyperParametersJson, dataset, modelKey, deadlineAt, storageUrl, checkpointEverySteps, resumeFrom } = lease;
      if (dataset?.key === undefined || modelKey === undefined || deadlineAt === undefined) throw new CyxError('INTERNAL', 'The platform gave a lease without its keys');
      const binding = { jobId, attempt, leaseEndsAtMs: deadlineAt.getTime() };
      return {
        graphJson,
        hyperParametersJson,
        datasetCid: dataset.cid,
        datasetKey: await open(dataset.key, { ...binding, purpose: 'dataset' }),
        modelKey: await open(modelKey, { ...binding, purpose: 'model' }),
        storageUrl,
        checkpointEverySteps,
        ...(resumeFrom === undefined ? {} : { resumeFrom: resumePointOf(resumeFrom) }),
      };
    },
    async reportProgress({ sequence, step, steps, ...report }) {
      await send(use<object, object>(client.reportProgress), { ...report, sequence: BigInt(sequence), step: BigInt(step), steps: BigInt(steps), log: '' });
    },
    async reportCheckpoint({ jobId, attempt, ...checkpoint }) {
      await send(use<object, object>(client.reportCheckpoint), { jobId, attempt, checkpoint: checkpointMessage(checkpoint) });
    },
    async reportCompletion({ commitmentHex, modelSizeBytes, trainingMs, ...report }) {
      await send(use<object, object>(client.reportCompletion), {
        ...report,
        commitment: Buffer.from(commitmentHex, 'hex'),
        modelSizeBytes: BigInt(modelSizeBytes),
        trainingMs: BigInt(trainingMs),
      });
    },
  };
}

interface LeaseMessage {
  readonly graphJson: string;
  readonly hyperParametersJson: string;
  readonly dataset: { readonly cid: string; readonly key: WrappedKey | undefined } | undefined;
  readonly modelKey: WrappedKey | undefined;
  readonly deadlineAt: Date | undefined;
  readonly storageUrl: string;
  readonly checkpointEverySteps: number;
  readonly resumeFrom: ResumeMessage | undefined;
}

interface ResumeMessage {
  readonly step: bigint;
  readonly cid: string;
  readonly stateHash: Uint8Array;
  readonly chain: Uint8Array;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function resumePointOf({ step, cid, stateHash, chain }: ResumeMessage): ResumePoint {
  return { step: Number(step), cid, stateHash: hex(stateHash), chain: hex(chain) };
}

function checkpointMessage({ step, sizeBytes, stateHash, chain, ...rest }: Omit<CheckpointReport, 'jobId' | 'attempt'>): object {
  return { ...rest, step: BigInt(step), sizeBytes: BigInt(sizeBytes), stateHash: Buffer.from(stateHash, 'hex'), chain: Buffer.from(chain, 'hex') };
}
