import { createServer, type AddressInfo, type Server } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { CyxError } from '#core/errors/cyx-error';
import { createThrottle } from '../auth/throttle.ts';
import { CALLS_OF_NODE, forwardingHandler, refusalStatus, type CallDeps } from './call.ts';
import { createConnections, type Connections } from './connections.ts';
import { listenerCredentials } from './credentials.ts';
import { createGatewayMetrics } from './metrics.ts';
import { METHODS } from './methods.ts';
import { openKeyRing } from './seal-keys.ts';
import { createTokenSealer } from './seal.ts';
import type { Gateway, GatewayOptions } from './types.ts';
import { createUpstreamClient, MAX_ANSWER_SIZE_BYTES, SERVICE_PATH } from './upstream.ts';

/** Nodes send references, never data: a quarter of what Temporal would take is plenty. */
const MAX_REQUEST_SIZE_BYTES = 1024 * 1024;
const CLOSE_GRACE_MS = 2_000;
/** More than one node may have in flight, on every one of its connections. */
const MAX_STREAMS_PER_CONNECTION = 64;
const MAX_SESSION_MEMORY_MB = 16;

// The package's types describe its messages only; what it exports is a protobufjs root, which also knows the service.
const root = proto as unknown as { lookupService(name: string): { methods: Record<string, unknown> } };
const asIs = (bytes: Buffer): Buffer => bytes;

/** Every method that Temporal has gets a handler, so that a refusal says PERMISSION_DENIED and not "unknown". */
function addWorkflowService(server: grpc.Server, deps: CallDeps): void {
  const definition: Record<string, grpc.MethodDefinition<Buffer, Buffer>> = {};
  const handlers: grpc.UntypedServiceImplementation = {};
  for (const method of Object.keys(root.lookupService('temporal.api.workflowservice.v1.WorkflowService').methods)) {
    definition[method] = {
      path: SERVICE_PATH + method,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    const policy = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
    handlers[method] = policy === undefined ? refusing(deps, method) : forwardingHandler(deps, method, policy);
  }
  server.addService(definition, handlers);
}

function refusing(deps: CallDeps, method: string): grpc.handleUnaryCall<Buffer, Buffer> {
  return (_call, callback) => callback(refusalStatus(new CyxError('FORBIDDEN', `${method} is not open to nodes`), deps, method));
}

/**
 * We listen ourselves and hand each connection on: grpc-js accepts without bound, and before it has read a byte is when
 * a flood is cheapest to refuse.
 */
function listen(server: grpc.Server, connections: Connections, options: GatewayOptions): Promise<Server> {
  const injector = server.createConnectionInjector(listenerCredentials(options.listenerTls));
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (connections.admit(socket)) injector.injectConnection(socket);
    else socket.destroy();
  });
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port, options.host, () => resolve(listener));
  });
}

function shutDown(server: grpc.Server, listener: Server): Promise<void> {
  listener.close();
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSE_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Starts the providers' way to Temporal. Rejects where the port is taken or the seal keys can not be read. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const sealer = createTokenSealer(openKeyRing(options.sealKeysFile));
  const upstream = createUpstreamClient(options.upstream);
  let closing = false;
  const connections = createConnections(options.limits?.connections);
  const metrics = options.metrics ?? createGatewayMetrics();
  metrics.watch(connections);
  const deps: CallDeps = {
    upstream,
    namespace: options.upstream.namespace,
    verifyNodeToken: options.verifyNodeToken,
    sealer,
    payloads: options.payloads,
    log: options.log,
    polls: new Set(),
    callsByNode: new Map(),
    connections,
    metrics,
    throttle: createThrottle(),
    callsOfNode: options.limits?.callsOfNode ?? CALLS_OF_NODE,
    closing: () => closing,
  };
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MAX_REQUEST_SIZE_BYTES,
    'grpc.max_send_message_length': MAX_ANSWER_SIZE_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
    'grpc-node.max_session_memory': MAX_SESSION_MEMORY_MB,
    // Dead peers are noticed, so that they do not count for long; idle ones make room.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_connection_idle_ms': 300_000,
  });
  addWorkflowService(server, deps);
  const listener = await listen(server, connections, options).catch((error: unknown) => {
    upstream.close();
    throw error;
  });
  const { port } = listener.address() as AddressInfo;
  options.log.info({ port, upstream: options.upstream.address }, 'The gateway listens');
  return {
    port,
    reachTemporal: () => upstream.probe(),
    async close() {
      closing = true;
      // A poll may wait for a minute and holds nothing; everything else gets its moment to end.
      for (const poll of deps.polls) poll.cancel();
      await shutDown(server, listener);
      upstream.close();
    },
  };
}
