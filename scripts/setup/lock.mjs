// One set-up at a time in a checkout: a second one waits for the first and then finds everything done.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function isAlive(pid) {
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
  for (let told = false; ; ) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) log(`set-up  another set-up (process ${holder}) is at work here: waiting for it`);
    told = true;
    await sleep(300);
  }
}

/** The process in the lock file; undefined where the file went away meanwhile. An unreadable number counts as a dead holder. */
function readHolder(file) {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isNaN(pid) ? -1 : pid;
  } catch {
    return undefined;
  }
}
