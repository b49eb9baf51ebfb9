import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';

const LOCK_FILE = 'lock.json';

interface Holder {
  readonly pid: number;
  /** Start time of the process where the system tells it: a pid alone may by now be somebody else's. */
  readonly startedAt: string;
}

/** Makes `dataDir` and takes it for this process; returns the release. A killed holder's lock is taken over. */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, LOCK_FILE);
  const mine: Holder = { pid: process.pid, startedAt: processStart(process.pid) };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder))
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

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder.startedAt === processStart(holder.pid);
}

function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22, counted after the command name, which may itself hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
