import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';

const LOCK_FILE = 'lock.json';
/** A holder that was killed takes a moment to go. */
const GONE_WITHIN_MS = 2_000;
const LOOK_AGAIN_MS = 50;

interface Holder {
  readonly pid: number;
  /** Start time of the process where the system tells it: a pid alone may by now be somebody else's. */
  readonly startedAt: string;
}

/** Makes `dataDir` and takes it for this process; returns the release. A killed holder's lock is taken over. */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, LOCK_FILE);
  const mine: Holder = { pid: process.pid, startedAt: startOf(processStat(process.pid)) };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (holder !== undefined && !goes(holder))
        throw new CyxError(
          'STATE_CONFLICT',
          `The localnet in ${dataDir} is already running as process ${holder.pid}. Stop it first, or use another data directory.`,
        );
      rmSync(path, { force: true });
    }
  }
  throw new CyxError('STATE_CONFLICT', `Another localnet has just taken ${dataDir}.`);
}

function readHolder(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof value.pid === 'number' ? { pid: value.pid, startedAt: String(value.startedAt ?? '') } : undefined;
  } catch {
    // Unreadable: its writer died while writing it.
    return undefined;
  }
}

/** Whether the holder is gone, or is soon. */
function goes(holder: Holder): boolean {
  for (const giveUpAtMs = Date.now() + GONE_WITHIN_MS; isAlive(holder); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS)) {
    if (Date.now() > giveUpAtMs) return false;
  }
  return true;
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const stat = processStat(holder.pid);
  // A zombie has ended and holds nothing; it only waits for whoever inherited it to notice.
  return stat[0] !== 'Z' && stat[0] !== 'X' && holder.startedAt === startOf(stat);
}

/** Field 22. */
const startOf = (stat: readonly string[]): string => stat[19] ?? '';

/** `/proc/<pid>/stat` from field 3 on: after the command name, which may itself hold spaces and brackets. Empty where the system does not tell. */
function processStat(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
