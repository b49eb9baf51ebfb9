import { fileURLToPath } from 'node:url';
import { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { listenerCredentials } from '#api/gateway/credentials';
import type { EdgeLog } from '#api/services/edge-log';
import type { Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { JobServiceService } from '#proto/gen/cyxwiz/job/v1/job_service';
import { NodeServiceService } from '#proto/gen/cyxwiz/node/v1/node_service';
import type { CallOptions } from './calls.ts';
import { createJobService } from './job-service.ts';
import { createNodeService } from './node-service.ts';

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const HEALTH_EVERY_MS = 10_000;
/** How long calls in flight may go on when the server closes. */
const DRAIN_MS = 3_000;

export interface GrpcServerOptions {
  readonly services: Services;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly log: EdgeLog;
  /** With a certificate the server speaks TLS 1.3 and nothing older. */
  readonly listenerTls?: { readonly certFile: string; readonly keyFile: string };
  /** Runs with a caller's deadline in force, so that our own calls of Temporal end with it too. */
  readonly withDeadline?: CallOptions['withDeadline'];
}

export interface GrpcServer {
  readonly port: number;
  /** Lets calls in flight end for a moment, then cuts them. */
  close(): Promise<void>;
}

/** JobService and NodeService, with the standard health and reflection services. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { services, log } = options;
  const calls: CallOptions = { log, withDeadline: options.withDeadline ?? ((_deadline, run) => run()) };
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    // Followers of a quiet job stay connected through proxies, and dead ones are noticed.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  server.addService(JobServiceService, createJobService(services, calls));
  server.addService(NodeServiceService, createNodeService(services, calls));
  const stopHealth = addHealth(server, services);
  addReflection(server);
  try {
    const port = await bind(server, options);
    return {
      port,
      close: async () => {
        stopHealth();
        await drain(server);
      },
    };
  } catch (error) {
    stopHealth();
    throw error;
  }
}

function bind(server: Server, options: GrpcServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${options.host}:${options.port}`, listenerCredentials(options.listenerTls), (error, port) => {
      if (error === null) return resolve(port);
      reject(new CyxError('UNAVAILABLE', `gRPC can not listen on ${options.host}:${options.port}: is the port taken? Set CYXWIZ_GRPC_PORT.`, { cause: error }));
    });
  });
}

async function drain(server: Server): Promise<void> {
  const timer = setTimeout(() => server.forceShutdown(), DRAIN_MS);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(timer);
}

/** SERVING while the parts that every call needs answer. Returns the way to stop looking. */
function addHealth(server: Server, services: Services): () => void {
  const names = ['', 'cyxwiz.job.v1.JobService', 'cyxwiz.node.v1.NodeService'];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING' as const])));
  health.addToServer(server);
  const look = async (): Promise<void> => {
    const parts = await services.health.check();
    const isServing = parts.postgres.ok && parts.temporal.ok;
    for (const name of names) health.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING');
  };
  const timer = setInterval(() => void look(), HEALTH_EVERY_MS);
  return () => clearInterval(timer);
}

function addReflection(server: Server): void {
  const folder = fileURLToPath(new URL('../../proto', import.meta.url));
  const definition = loadSync(['cyxwiz/job/v1/job_service.proto', 'cyxwiz/node/v1/node_service.proto'], { includeDirs: [folder] });
  new ReflectionService(definition).addToServer(server);
}
