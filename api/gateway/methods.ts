import { CyxError } from '#core/errors/cyx-error';
import type { PayloadBytesCodec } from '#temporal/codec/payload-codec';
import { nodeQueue } from '#temporal/contract/queues';
import { checkedFailure, encodedFailure } from './failures.ts';
import { checkPayloads, mapPayloads, MAX_TASK_MESSAGE_SIZE_BYTES } from './payloads.ts';
import type { TokenSealer } from './seal.ts';
import type { NodeIdentity } from './types.ts';
import { allBytes, filterFields, mapBytes, onlyBytes, onlyText, onlyVarint } from './wire.ts';

/** Whose call it is and what the gateway knows. */
export interface CallContext {
  readonly node: NodeIdentity;
  readonly namespace: string;
  readonly sealer: TokenSealer;
  /** The platform's own encryption of payloads: nodes read and write plain ones, Temporal stores encrypted ones. */
  readonly payloads: PayloadBytesCodec;
}

/** What happens to one WorkflowService method on its way. Both directions see the whole message as bytes. */
export interface MethodPolicy {
  /** Checks a request and gives what goes upstream. Throws a CyxError to refuse it. */
  request(bytes: Uint8Array, context: CallContext): Uint8Array;
  /** What the node gets to see of the answer to the request that went upstream. */
  response(bytes: Uint8Array, context: CallContext, request: Uint8Array): Uint8Array;
  /** Waits at the server for up to a minute. */
  readonly longPoll: boolean;
}

const unchanged = (bytes: Uint8Array): Uint8Array => bytes;

function requireNamespace(bytes: Uint8Array, number: number, context: CallContext): void {
  const namespace = onlyText(bytes, number);
  if (namespace !== context.namespace) throw new CyxError('FORBIDDEN', `The namespace "${namespace}" is not open to nodes`);
}

function requireQueue(name: string, context: CallContext): void {
  if (!context.node.queues.includes(name)) throw new CyxError('FORBIDDEN', `This node's token does not name the queue "${name}"`);
}

// Field numbers below are those of temporal.api.workflowservice.v1 and the messages it uses.
const TASK_TOKEN = 1;
/** TaskQueueKind: unspecified or normal; sticky queues belong to workflow workers. */
const NORMAL_KINDS = new Set([0, 1]);

/**
 * namespace, taskQueue, identity, workerInstanceKey. Not handed on: a rate for the whole queue (one stranger could slow
 * everybody), worker versions and deployments, and a queue for commands of the server.
 */
const POLL_FIELDS = new Set([1, 2, 3, 8]);
/** name, kind */
const QUEUE_FIELDS = new Set([1, 2]);

function polledQueue(bytes: Uint8Array): Uint8Array {
  return onlyBytes(bytes, 2) ?? new Uint8Array();
}

function pollRequest(bytes: Uint8Array, context: CallContext): Uint8Array {
  requireNamespace(bytes, 1, context);
  const queue = polledQueue(bytes);
  requireQueue(onlyText(queue, 1), context);
  if (!NORMAL_KINDS.has(onlyVarint(queue, 2))) throw new CyxError('FORBIDDEN', 'Only normal task queues are open to nodes');
  const kept = filterFields(bytes, (number) => POLL_FIELDS.has(number));
  return mapBytes(kept, 2, (value) => filterFields(value, (number) => QUEUE_FIELDS.has(number)));
}

/** header, input, heartbeatDetails */
const TASK = { header: 7, payloads: [8, 9] } as const;
/** Header.fields, a map; and the value of one of its entries. */
const HEADER = { entry: 1, value: 2 } as const;

/** An empty poll has no token and stays as it is. */
function pollResponse(bytes: Uint8Array, { node, sealer, payloads }: CallContext, request: Uint8Array): Uint8Array {
  const isOffer = onlyText(polledQueue(request), 1) !== nodeQueue(node.nodeId);
  const sealed = mapBytes(bytes, TASK_TOKEN, (token) => (token.length === 0 ? token : sealer.seal(node.nodeId, { token, isOffer })));
  const headed = mapBytes(sealed, TASK.header, (header) => mapBytes(header, HEADER.entry, (entry) => mapBytes(entry, HEADER.value, payloads.decode)));
  return mapPayloads(headed, TASK.payloads, payloads.decode);
}

interface TaskFields {
  /** Fields with Payloads in them. */
  readonly payloads: readonly number[];
  readonly failure?: number;
  /** Routing hint of newer servers. */
  readonly resourceId: number;
}

const IDENTITY = 3;
const NAMESPACE = 4;

/** Only what is named is handed on: worker versions and deployments are the platform's own business. */
function taskMethod({ payloads, failure, resourceId }: TaskFields): MethodPolicy {
  const kept = new Set([TASK_TOKEN, IDENTITY, NAMESPACE, resourceId, ...payloads, ...(failure === undefined ? [] : [failure])]);
  return {
    longPoll: false,
    request(bytes, context) {
      requireNamespace(bytes, NAMESPACE, context);
      const sealed = onlyBytes(bytes, TASK_TOKEN);
      if (sealed === undefined) throw new CyxError('FORBIDDEN', 'A task token is needed');
      const task = context.sealer.unseal(context.node.nodeId, sealed);
      if (bytes.length > MAX_TASK_MESSAGE_SIZE_BYTES) throw new CyxError('INVALID_INPUT', `A node says no more than ${MAX_TASK_MESSAGE_SIZE_BYTES} bytes about a task`);
      for (const number of payloads) checkPayloads(bytes, number);
      const opened = mapBytes(filterFields(bytes, (number) => kept.has(number)), TASK_TOKEN, () => task.token);
      const encoded = mapPayloads(opened, payloads, context.payloads.encode);
      if (failure === undefined) return encoded;
      if (onlyBytes(bytes, failure) === undefined) throw new CyxError('INVALID_INPUT', 'A failure is needed');
      return mapBytes(encoded, failure, (value) => encodedFailure(checkedFailure(value, task), context.payloads.encode));
    },
    response: unchanged,
  };
}

/** A worker's own report names the queue that it works on. */
function requireOwnReports(reports: readonly Uint8Array[], context: CallContext): void {
  for (const report of reports) requireQueue(onlyText(report, 4), context);
}

function shutdownRequest(bytes: Uint8Array, context: CallContext): Uint8Array {
  requireNamespace(bytes, 1, context);
  if (onlyText(bytes, 2) !== '') throw new CyxError('FORBIDDEN', 'Nodes have no sticky queues');
  const queue = onlyText(bytes, 7);
  if (queue !== '') requireQueue(queue, context);
  requireOwnReports(allBytes(bytes, 5), context);
  return bytes;
}

/** internalErrorDifferentiation, activityFailureIncludeHeartbeat, encodedFailureAttributes, sdkMetadata. */
const SYSTEM_CAPABILITIES = new Set([2, 3, 5, 9]);
/** workerHeartbeats, workerPollCompleteOnShutdown. */
const NAMESPACE_CAPABILITIES = new Set([4, 8]);
/** All of NamespaceInfo but the operator's description, e-mail address and notes. */
const NAMESPACE_INFO = new Set([1, 2, 6, 7]);

function describedNamespace(info: Uint8Array): Uint8Array {
  const kept = filterFields(info, (number) => NAMESPACE_INFO.has(number));
  return mapBytes(kept, 7, (capabilities) => filterFields(capabilities, (number) => NAMESPACE_CAPABILITIES.has(number)));
}

/** The few calls that an activity worker makes. What is not here is refused. */
export const METHODS: Readonly<Record<string, MethodPolicy>> = {
  GetSystemInfo: {
    longPoll: false,
    request: unchanged,
    response: (bytes) =>
      mapBytes(bytes, 2, (capabilities) => filterFields(capabilities, (number) => SYSTEM_CAPABILITIES.has(number))),
  },
  DescribeNamespace: {
    longPoll: false,
    request(bytes, context) {
      requireNamespace(bytes, 1, context);
      if (onlyText(bytes, 2) !== '') throw new CyxError('FORBIDDEN', 'Name the namespace, not its id');
      return bytes;
    },
    response: (bytes) => mapBytes(bytes, 1, describedNamespace),
  },
  PollActivityTaskQueue: {
    longPoll: true,
    request: pollRequest,
    response: pollResponse,
  },
  RecordActivityTaskHeartbeat: taskMethod({ payloads: [2], resourceId: 5 }),
  RespondActivityTaskCompleted: taskMethod({ payloads: [2], resourceId: 8 }),
  RespondActivityTaskFailed: taskMethod({ failure: 2, payloads: [5], resourceId: 9 }),
  RespondActivityTaskCanceled: taskMethod({ payloads: [2], resourceId: 8 }),
  ShutdownWorker: { longPoll: false, request: shutdownRequest, response: unchanged },
  RecordWorkerHeartbeat: {
    longPoll: false,
    request(bytes, context) {
      requireNamespace(bytes, 1, context);
      requireOwnReports(allBytes(bytes, 3), context);
      return bytes;
    },
    response: unchanged,
  },
};
