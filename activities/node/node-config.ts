import { chmodSync } from 'node:fs';
import { z } from 'zod';
import { deviceClassSchema } from '#core/hardware/device-class';
import { NODE_HEARTBEAT_INTERVAL_MS } from '#core/node/machine';
import { readJson, writeJson } from './json-file.ts';
import { MIN_TRAINING_MEMORY_MB } from '#engine/node/memory-bound';

const decimal = z.string().regex(/^\d{1,20}$/, 'must be an amount in base units');

/** Longest time between two checkpoints of a training, and so what a failure of this machine costs at most. */
export const CHECKPOINT_EVERY_MS = 30_000;

/** The file that tells a Server Node who it is and whom it works for. It holds the machine's API key: mode 0600. */
export const nodeConfigSchema = z.object({
  /** HTTP API, e.g. `https://api.example`. */
  apiUrl: z.url(),
  /** gRPC API and gateway: `host:port`, or a URL where the connection is encrypted. */
  grpcUrl: z.string().min(3),
  gatewayUrl: z.string().min(3),
  storageUrl: z.url(),
  /** PEM file of the one authority to trust, where it is not one of the system's. */
  caFile: z.string().optional(),
  /** PEM files of this node's own certificate, where the platform's gateway asks for one. */
  clientCertificate: z.object({ certFile: z.string(), keyFile: z.string() }).optional(),
  namespace: z.string().min(1).default('default'),
  machineId: z.string().min(1),
  apiKey: z.string().min(1),
  nodeId: z.uuid(),
  deviceClass: deviceClassSchema,
  pricePerHourBase: decimal,
  workDir: z.string().min(1),
  heartbeatMs: z.int().min(1_000).max(NODE_HEARTBEAT_INTERVAL_MS).default(NODE_HEARTBEAT_INTERVAL_MS),
  /** Trainings may have the network where nothing here can take it away; without this the node does not start there. */
  allowTrainingWithNetwork: z.boolean().optional(),
  /** What a training may hold in memory, in MiB; four fifths of the machine's where left out. */
  memoryLimitMb: z.int().min(MIN_TRAINING_MEMORY_MB).optional(),
  threads: z.int().min(1).max(1024).optional(),
  checkpointEveryMs: z.int().min(1_000).max(3_600_000).default(CHECKPOINT_EVERY_MS),
});
export type NodeConfig = z.output<typeof nodeConfigSchema>;

export function readNodeConfig(path: string): NodeConfig | undefined {
  return readJson(path, nodeConfigSchema);
}

export function writeNodeConfig(path: string, config: NodeConfig): void {
  writeJson(path, config);
  chmodSync(path, 0o600);
}
