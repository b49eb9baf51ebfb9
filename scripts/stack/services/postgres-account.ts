import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import type { Log } from '../service.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. Where this process is root, it runs as an account that is there
 * already (no account is made); otherwise as the present user, which is `undefined`.
 */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { name, uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new CyxError(
    'UNAVAILABLE',
    'PostgreSQL does not run as root, and there is no account "postgres" or "nobody" to run it as. Start as another user, or name a server of your own with DATABASE_URL.',
  );
}

/** Whether that account may reach a path; a folder above it may be closed to others (0700), as /root is. */
function canReach(account: Account, path: string): boolean {
  return spawnSync('test', ['-x', path], { uid: account.uid, gid: account.gid, cwd: '/' }).status === 0;
}

/**
 * Folder of PostgreSQL's binaries as its account can reach them: the package itself nearly always. Below a
 * closed folder it is a copy elsewhere, made once for a checkout; a note in `toolsDir` says where.
 */
export function reachableBinaries(packaged: string, toolsDir: string, account: Account | undefined): string {
  if (account === undefined || canReach(account, join(packaged, 'bin'))) return packaged;
  const { version } = JSON.parse(readFileSync(join(packaged, '..', 'package.json'), 'utf8')) as { version: string };
  const note = join(toolsDir, 'postgres-binaries.json');
  const noted = readNote(note);
  const folder = noted !== undefined && existsSync(noted) ? noted : makeOpenFolder(note);
  const copy = join(folder, version);
  if (!existsSync(copy)) {
    const half = mkdtempSync(join(folder, 'half-'));
    cpSync(packaged, half, { recursive: true, verbatimSymlinks: true });
    chmodSync(half, 0o755);
    renameSync(half, copy);
  }
  return copy;
}

/**
 * Folder in which the data folder lies: `home` nearly always. Where `home` is closed to PostgreSQL's account
 * it is elsewhere, and a note in `home` says where: so removing `home` forgets that data too.
 */
export function reachableDataParent(home: string, account: Account | undefined, log: Log): string {
  const note = join(home, NOTE_OF_DATA);
  const noted = readNote(note);
  if (noted !== undefined) {
    if (existsSync(noted)) return noted;
    // Data that was there and is gone must not silently become an empty database.
    throw new CyxError('UNAVAILABLE', `PostgreSQL's data was in ${noted}, which is gone. To begin with nothing, remove ${note}.`);
  }
  if (account === undefined || canReach(account, home)) return home;
  const folder = makeOpenFolder(note);
  log(`postgres: ${home} is closed to the account "${account.name}", so its data lies in ${folder}`);
  return folder;
}

const NOTE_OF_DATA = 'postgres-place.json';

/** Removes data that had to lie outside `home`; for those who throw `home` away. */
export function removeDataOutside(home: string): void {
  const noted = readNote(join(home, NOTE_OF_DATA));
  if (noted !== undefined) rmSync(noted, { recursive: true, force: true });
}

function readNote(note: string): string | undefined {
  if (!existsSync(note)) return undefined;
  return (JSON.parse(readFileSync(note, 'utf8')) as { folder: string }).folder;
}

/** A folder that others may pass through, where files outlive a restart of the machine. */
function makeOpenFolder(note: string): string {
  const parent = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
  const folder = mkdtempSync(join(parent, 'cyxwiz-postgres-'));
  chmodSync(folder, 0o711);
  writeFileSync(`${note}.half`, `${JSON.stringify({ folder })}\n`);
  renameSync(`${note}.half`, note);
  return folder;
}
