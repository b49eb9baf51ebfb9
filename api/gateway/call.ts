import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { CyxError } from '#core/errors/cyx-error';
import type { PayloadBytesCodec } from '#temporal/codec/payload-codec';
import { encodeStatusDetails, STATUS_DETAILS_KEY } from '../client/status-details.ts';
import type { Allowance, Throttle } from '../auth/throttle.ts';
import type { Connections } from './connections.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { CallContext, MethodPolicy } from './methods.ts';
import type { TokenSealer } from './seal.ts';
import type { GatewayLog, NodeIdentity, VerifyNodeToken } from './types.ts';
import type { UpstreamClient } from './upstream.ts';

/** Client identification is handed on; everything else that a node sends in metadata is dropped. */
const FORWARDED_HEADERS = ['client-name', 'client-version', 'supported-server-versions'];
/** A poll with less of its token left than this could only be cut short. */
const MIN_POLL_MS = 5_000;
/** For callers that name no deadline: nothing waits for ever. */
const DEFAULT_TIMEOUT_MS = { poll: 70_000, call: 30_000 } as const;
/** Calls of one node at a time; an honest one has a poll or two a queue and a few heartbeats. */
const MAX_CALLS_PER_NODE = 32;
/** And so many in a row, an honest one makes a few a second. */
export const CALLS_OF_NODE: Allowance = { calls: 200, windowMs: 2_000 };

export interface CallDeps {
  readonly upstream: UpstreamClient;
  readonly namespace: string;
  readonly verifyNodeToken: VerifyNodeToken;
  readonly sealer: TokenSealer;
  readonly payloads: PayloadBytesCodec;
  readonly log: GatewayLog;
  readonly polls: Set<grpc.ClientUnaryCall>;
  readonly callsByNode: Map<string, number>;
  readonly connections: Connections;
  readonly metrics: GatewayMetrics;
  readonly throttle: Throttle;
  readonly callsOfNode: Allowance;
  closing(): boolean;
}

type Status = Pick<grpc.StatusObject, 'code' | 'details'> & { readonly metadata?: grpc.Metadata };
type Call = grpc.ServerUnaryCall<Buffer, Buffer>;

const unavailable = (details: string): Status => ({ code: grpc.status.UNAVAILABLE, details });

/** UNAUTHENTICATED ends an SDK worker for good, and an expired token is about to be refreshed: so it is UNAVAILABLE. */
export function refusalStatus(error: unknown, { log, metrics }: Pick<CallDeps, 'log' | 'metrics'>, method: string): Status {
  metrics.refused(error instanceof CyxError ? error.code : 'INTERNAL');
  // What is wrong inside the platform, a missing payload key say, is for its log and not for strangers.
  if (!(error instanceof CyxError) || error.code === 'INTERNAL') {
    log.warn({ err: error, method }, 'The gateway failed on a call');
    return { code: grpc.status.INTERNAL, details: 'The gateway failed on our side' };
  }
  if (error.code === 'TOKEN_EXPIRED') return unavailable('The node token has expired: come back with a fresh one');
  return { code: error.spec.grpc, details: error.message, ...(error.code === 'RATE_LIMITED' ? { metadata: retryInfo(error) } : {}) };
}

function retryInfo(error: CyxError): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set(STATUS_DETAILS_KEY, Buffer.from(encodeStatusDetails(error, randomUUID())));
  return metadata;
}

/** Temporal's answer as a node may see it. That the platform's own way to Temporal is broken is no fault of the node. */
function upstreamStatus(error: grpc.ServiceError, deps: CallDeps): Status {
  const ours: grpc.status[] = [grpc.status.UNAVAILABLE, grpc.status.UNAUTHENTICATED, grpc.status.PERMISSION_DENIED];
  if (ours.includes(error.code)) {
    deps.log.warn({ code: error.code, details: error.details }, 'Temporal refused or did not answer');
    return unavailable('Temporal does not answer');
  }
  if (error.code === grpc.status.CANCELLED && deps.closing()) return unavailable('The gateway is restarting');
  return { code: error.code, details: error.details, metadata: error.metadata };
}

async function authenticate(call: Call, { verifyNodeToken, connections }: CallDeps): Promise<NodeIdentity> {
  const header = call.metadata.get('authorization')[0];
  const token = typeof header === 'string' ? /^Bearer (\S+)$/i.exec(header)?.[1] : undefined;
  try {
    if (token === undefined) throw new CyxError('UNAUTHENTICATED', 'A node token is needed');
    return await verifyNodeToken(token);
  } catch (error) {
    connections.sentNoGoodToken(call.getPeer());
    throw error;
  }
}

/** A poll ends with the token that it was started with: Temporal answers it empty just before its deadline. */
function deadlineMs(call: Call, policy: MethodPolicy, node: NodeIdentity): number {
  const asked = Number(call.getDeadline());
  const fallback = Date.now() + (policy.longPoll ? DEFAULT_TIMEOUT_MS.poll : DEFAULT_TIMEOUT_MS.call);
  const wanted = Number.isFinite(asked) ? asked : fallback;
  if (!policy.longPoll || node.expiresAtMs === undefined) return wanted;
  if (node.expiresAtMs - Date.now() < MIN_POLL_MS) throw new CyxError('TOKEN_EXPIRED', 'The node token is about to expire');
  return Math.min(wanted, node.expiresAtMs);
}

function forwardedMetadata(call: Call): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const header of FORWARDED_HEADERS) for (const value of call.metadata.get(header)) metadata.add(header, value);
  return metadata;
}

function enter(nodeId: string, calls: Map<string, number>): () => void {
  const before = calls.get(nodeId) ?? 0;
  if (before >= MAX_CALLS_PER_NODE) throw new CyxError('RATE_LIMITED', `More than ${MAX_CALLS_PER_NODE} calls at a time from one node`, { facts: { retryAfterSeconds: '1' } });
  calls.set(nodeId, before + 1);
  return () => {
    const left = (calls.get(nodeId) ?? 1) - 1;
    if (left === 0) calls.delete(nodeId);
    else calls.set(nodeId, left);
  };
}

interface Forwarded {
  readonly method: string;
  readonly policy: MethodPolicy;
  readonly call: Call;
  /** How long Temporal took, once it has answered. */
  upstreamMs: number;
}

function forward(deps: CallDeps, forwarded: Forwarded, node: NodeIdentity, body: Buffer): Promise<Buffer | Status> {
  const { method, policy, call } = forwarded;
  const options = { deadline: deadlineMs(call, policy, node) };
  const sentMs = performance.now();
  return new Promise((resolve) => {
    const upstreamCall = deps.upstream.unary(method, body, forwardedMetadata(call), options, (error, response) => {
      forwarded.upstreamMs = performance.now() - sentMs;
      deps.polls.delete(upstreamCall);
      if (error !== null) resolve(upstreamStatus(error, deps));
      else resolve(response ?? Buffer.alloc(0));
    });
    if (policy.longPoll) deps.polls.add(upstreamCall);
    call.on('cancelled', () => upstreamCall.cancel());
  });
}

async function answer(deps: CallDeps, forwarded: Forwarded): Promise<Buffer | Status> {
  const { policy, call } = forwarded;
  const node = await authenticate(call, deps);
  deps.connections.belongsTo(call.getPeer(), node.nodeId);
  deps.throttle.take([[node.nodeId, deps.callsOfNode]]);
  const leave = enter(node.nodeId, deps.callsByNode);
  try {
    const context: CallContext = { node, namespace: deps.namespace, sealer: deps.sealer, payloads: deps.payloads };
    const body = Buffer.from(policy.request(call.request, context));
    // It may have been cancelled while its token was checked; a poll that nobody waits for would swallow a task.
    if (call.cancelled) return { code: grpc.status.CANCELLED, details: 'Cancelled by the node' };
    const result = await forward(deps, forwarded, node, body);
    return Buffer.isBuffer(result) ? Buffer.from(policy.response(result, context, body)) : result;
  } finally {
    leave();
  }
}

/** One allowed method: check, rewrite what must change, hand on, rewrite the answer. */
export function forwardingHandler(deps: CallDeps, method: string, policy: MethodPolicy): grpc.handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const forwarded: Forwarded = { method, policy, call, upstreamMs: 0 };
    const meter = deps.metrics.begin({ method, longPoll: policy.longPoll, requestBytes: call.request.length });
    answer(deps, forwarded)
      .catch((error: unknown) => refusalStatus(error, deps, method))
      .then((result) => {
        const isAnswer = Buffer.isBuffer(result);
        meter.end({ code: isAnswer ? grpc.status.OK : result.code, bytes: isAnswer ? result.length : 0, upstreamMs: forwarded.upstreamMs });
        if (isAnswer) callback(null, result);
        else callback(result);
      })
      .catch((error: unknown) => deps.log.warn({ err: error, method }, 'An answer could not be sent'));
  };
}
