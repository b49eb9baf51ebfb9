import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';
import { LIES } from '../plan/trouble.ts';

/** The file by which the harness tells a node process of its own who it is; its path is the process's argument. */
export const nodeOrderSchema = z.strictObject({
  name: z.string(),
  /** `provider.json`, `config.json` and the runs lie here. */
  nodeDir: z.string(),
  /** Where this node finds the platform: its own wires, which can be cut. */
  urls: z.strictObject({ apiUrl: z.url(), grpcUrl: z.string(), gatewayUrl: z.string(), storageUrl: z.url(), namespace: z.string() }),
  /** How it cheats; null for an honest one. */
  lie: z.enum(LIES).nullable(),
  /** A checkpoint of somebody else's run, for the lie that presents one. */
  stashFile: z.string(),
  reservationsFile: z.string(),
  threads: z.int().min(1),
  /** Measured once for all nodes of a run: they are one machine. */
  samplesPerSecond: z.number().min(0),
  minFreeDiskBytes: z.int().min(0),
});
export type NodeOrder = z.output<typeof nodeOrderSchema>;

export function readNodeOrder(path: string): NodeOrder {
  return parseInput(nodeOrderSchema, JSON.parse(readFileSync(path, 'utf8')));
}

const reservationsSchema = z.record(z.string(), z.string());

/** Whose first attempt at which job is meant for which node, by name. Everybody else lets that offer pass. */
export function readReservations(path: string): Readonly<Record<string, string>> {
  return existsSync(path) ? reservationsSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : {};
}

export function writeReservations(path: string, reservations: Readonly<Record<string, string>>): void {
  writeFileSync(`${path}.half`, JSON.stringify(reservations));
  renameSync(`${path}.half`, path);
}

/** A liar works for its one chance to cheat; honest nodes take everything that is not meant for somebody. */
export function wantsOffer(order: Pick<NodeOrder, 'name' | 'lie'>, reservedFor: string | undefined, attempt: number): boolean {
  if (attempt === 1 && reservedFor !== undefined) return reservedFor === order.name;
  return order.lie === null;
}
