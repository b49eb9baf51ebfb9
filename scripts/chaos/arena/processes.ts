import { readdirSync, readFileSync } from 'node:fs';

/** Ends every process that was started for a folder, also those that no record names; trainings outlive their nodes. */
export async function killStrays(folder: string): Promise<void> {
  for (const pid of processesOf(folder)) killNow(pid);
}

/** @returns whether it lived. */
export function killNow(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => readProc(name, 'cmdline').includes(`${folder}/`) || readProc(name, 'environ').split('\0').includes(`CYXWIZ_HOME=${folder}`))
    .map(Number);
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended, or is not ours to look at
  }
}
