import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells one process from a later one with the same id: process ids are used again, a start time is
 * not. `startTimeTicks` counts from the machine's boot, so the boot belongs to it.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTimeTicks: string;
  readonly bootId: string;
}

function linuxStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces and brackets of its own: count fields after its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    return state === 'Z' || state === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function portableStartTime(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Undefined where no such process runs (a zombie does not run). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startTimeTicks = process.platform === 'linux' ? linuxStartTime(pid) : portableStartTime(pid);
  return startTimeTicks === undefined ? undefined : { pid, startTimeTicks, bootId: bootId() };
}

/** Whether the very process that was written down still runs. */
export function stillRuns(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== undefined && now.startTimeTicks === identity.startTimeTicks && now.bootId === identity.bootId;
}
