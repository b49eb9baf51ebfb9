import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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

export interface PostgresPlace {
  /** Folder with `bin`, `lib` and `share`. */
  readonly nativeDir: string;
  /** Folder in which the data folder lies. */
  readonly dataParent: string;
}

/**
 * Where the binaries and data of PostgreSQL can lie so that its account reaches them. That is the project
 * itself nearly always. Below a closed folder they move to a folder in the system's place for temporary
 * files that outlive a restart; a note in `home` says where, so that removing `home` forgets that data too.
 */
export function postgresPlace(nativeDir: string, home: string, account: Account | undefined, log: Log): PostgresPlace {
  const note = join(home, 'postgres-place.json');
  const noted = readNote(note);
  if (noted === undefined && (account === undefined || (canReach(account, join(nativeDir, 'bin')) && canReach(account, home)))) {
    return { nativeDir, dataParent: home };
  }
  const folder = noted ?? makeFolder();
  if (noted === undefined) {
    log(`postgres: ${home} is closed to the account "${account?.name}", so its data lies in ${folder}`);
    writeFileSync(`${note}.half`, `${JSON.stringify({ folder })}\n`);
    renameSync(`${note}.half`, note);
  }
  return { nativeDir: copyOfBinaries(nativeDir, folder), dataParent: folder };
}

function readNote(note: string): string | undefined {
  if (!existsSync(note)) return undefined;
  const { folder } = JSON.parse(readFileSync(note, 'utf8')) as { folder: string };
  // Data that was there and is gone must not silently become an empty database.
  if (!existsSync(folder)) throw new CyxError('UNAVAILABLE', `PostgreSQL's data was in ${folder}, which is gone. To begin with nothing, remove ${note}.`);
  return folder;
}

function makeFolder(): string {
  const parent = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
  const folder = mkdtempSync(join(parent, 'cyxwiz-postgres-'));
  chmodSync(folder, 0o711);
  return folder;
}

function copyOfBinaries(nativeDir: string, folder: string): string {
  const { version } = JSON.parse(readFileSync(join(nativeDir, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(folder, `binaries-${version}`);
  if (existsSync(copy)) return copy;
  const half = mkdtempSync(join(folder, 'half-'));
  cpSync(nativeDir, half, { recursive: true, verbatimSymlinks: true });
  chmodSync(half, 0o755);
  renameSync(half, copy);
  return copy;
}
