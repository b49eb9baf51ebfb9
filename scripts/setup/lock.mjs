// One set-up at a time in a checkout: a second one waits for the first and then finds everything done.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 200;

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Takes the lock, waiting for a living holder; a lock whose holder is gone is taken over.
 * @returns {Promise<() => void>} gives it back
 */
export async function takeSetupLock(home, log) {
  mkdirSync(home, { recursive: true });
  const file = join(home, 'setup.lock');
  for (let told = false; !tryToTake(file); ) {
    const holder = readHolder(file);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      removeDeadLock(file, holder);
      continue;
    }
    if (!told) log(`set-up  another set-up (process ${holder}) is at work here: waiting for it`);
    told = true;
    await sleep(LOOK_AGAIN_MS);
  }
  return () => rmSync(file, { force: true });
}

/** The lock appears with its holder's id already in it: a link to a written file, which fails where one is. */
function tryToTake(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n`);
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** The process in the lock file; undefined where the file went away meanwhile, NaN where no number can be read. */
function readHolder(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two waiters may find the same dead lock; the slower one must not remove the lock that the faster one then took. */
function removeDeadLock(file, deadHolder) {
  const aside = `${file}.dead.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (!Object.is(readHolder(aside), deadHolder)) {
    try {
      linkSync(aside, file);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}
