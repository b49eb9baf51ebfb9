import { assembleClient } from './client.ts';
import { createGrpcJobs } from './grpc-jobs.ts';
import type { ClientOptions, CyxWizClient } from './types.ts';

export type * from './types.ts';

export interface NodeClientOptions extends ClientOptions {
  /** `host:port` in the clear, `https://host:port` with TLS. */
  readonly grpcUrl: string;
}

/** The client for programs on Node: accounts and data over HTTP, jobs over gRPC. Call `close` when done. */
export function createCyxWizClient(options: NodeClientOptions): CyxWizClient {
  return assembleClient(options, ({ token }) => createGrpcJobs(options.grpcUrl, token));
}
