import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, open, readdir, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { processMark } from '#engine/node/process-mark';

const run = promisify(execFile);

/** Written last: a version without it is half of one. */
export const COMPLETE = '.complete';
/** Somebody else may be about to switch to one that is so new. */
const YOUNG_MS = 3_600_000;

export const versionsIn = (app: string): string => join(app, 'versions');

/** The version to start next; undefined where there is none. */
export async function currentVersion(app: string): Promise<string | undefined> {
  return readlink(join(app, 'current')).then(basename, () => undefined);
}

/** Where a version is installed before it gets its name. */
export const unfinished = (app: string, name: string): string => join(versionsIn(app), `.${name}.${process.pid}`);

/** Gives what was installed its name, on disk for good; where another update was faster, that one's stays and this one goes. */
export async function finish(app: string, folder: string, name: string): Promise<void> {
  const target = join(versionsIn(app), name);
  // All that was written, before the mark that says so.
  await run('sync');
  await settle(join(folder, COMPLETE), 'w');
  // Half of one, as installations were begun in their place once.
  if (!existsSync(join(target, COMPLETE))) await rm(target, { recursive: true, force: true });
  try {
    await rename(folder, target);
  } catch (error) {
    if (!existsSync(join(target, COMPLETE))) throw error;
    await rm(folder, { recursive: true, force: true });
  }
  await settle(versionsIn(app));
}

/** In one step: whoever starts meanwhile gets the one before or this one. */
export async function switchTo(app: string, name: string): Promise<void> {
  const link = join(app, 'current');
  const next = `${link}.${process.pid}`;
  await rm(next, { force: true });
  await symlink(join('versions', name), next);
  await rename(next, link);
  await settle(app);
}

async function settle(path: string, flags: 'r' | 'w' = 'r'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what updates that were interrupted left, and every version but those to keep, the new ones, and those that something runs from. */
export async function removeOldVersions(app: string, keep: ReadonlySet<string>, nowMs = Date.now()): Promise<void> {
  const folder = versionsIn(app);
  const names = await readdir(folder);
  const running = await commandLines();
  const ways = [folder, await realpath(folder)];
  for (const name of names) {
    const path = join(folder, name);
    const isGone = name.startsWith('.') ? processMark(Number(name.split('.').at(-1))) === undefined : !keep.has(name) && !ways.some((way) => running.includes(`${way}/${name}/`)) && nowMs - (await lstat(path)).mtimeMs > YOUNG_MS;
    if (isGone) await rm(path, { recursive: true, force: true });
  }
}

/** Of all processes: a node and its trainings name the files that they run. */
async function commandLines(): Promise<string> {
  if (process.platform !== 'linux') return (await run('ps', ['-A', '-ww', '-o', 'args='], { maxBuffer: 1 << 26 })).stdout;
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // One may end while it is looked at.
  return (await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))).join('\n');
}
