import { readFileSync } from 'node:fs';
import { workflowIds } from '#temporal/contract/ids';
import type { JobParts } from '../job/platform.ts';

interface Counters {
  readonly atMs: number;
  readonly rowsWritten: number;
  readonly walBytes: number;
  readonly apiMemoryMb: number;
  readonly historyEvents: number;
}

export interface Usage {
  readonly tookMs: number;
  /** Inserted, updated and deleted. */
  readonly rowsWritten: number;
  readonly walBytes: number;
  /** Resident, at the end. */
  readonly apiMemoryMb: number;
  readonly apiMemoryGrewMb: number;
  /** Of the watched nodes' workflows together. */
  readonly historyEvents: number;
}

export async function readCounters(parts: JobParts, nodeIds: readonly string[]): Promise<Counters> {
  const { rows } = await parts.postgres.pool.query<{ written: string; wal: string }>(
    `SELECT pg_stat_force_next_flush()::text, (SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()) AS written,
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS wal`,
  );
  return { atMs: performance.now(), rowsWritten: Number(rows[0]!.written), walBytes: Number(rows[0]!.wal), apiMemoryMb: apiMemoryMb(parts), historyEvents: await historyEvents(parts, nodeIds) };
}

export function countersSince(before: Counters, after: Counters): Usage {
  return {
    tookMs: after.atMs - before.atMs,
    rowsWritten: after.rowsWritten - before.rowsWritten,
    walBytes: after.walBytes - before.walBytes,
    apiMemoryMb: after.apiMemoryMb,
    apiMemoryGrewMb: after.apiMemoryMb - before.apiMemoryMb,
    historyEvents: after.historyEvents - before.historyEvents,
  };
}

function apiMemoryMb({ stack }: JobParts): number {
  const pid = stack.services.get('api')?.pid();
  if (pid === undefined) throw new Error('The API process is not running');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1_024) / 1e6;
}

/** Of the workflows of these nodes. Visibility knows the length of ended histories only, so each is asked. */
async function historyEvents({ temporal }: JobParts, nodeIds: readonly string[]): Promise<number> {
  const lengths = await Promise.all(nodeIds.map(async (id) => (await temporal.workflow.getHandle(workflowIds.node(id)).describe()).historyLength));
  return lengths.reduce((sum, length) => sum + length, 0);
}
