import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig, type Config } from '#core/config/config';
import { freePortsEnv } from '../stack/free-ports.ts';
import { endLeftovers, STACK_RECORD } from '../stack/leftovers.ts';
import { stillRuns } from '../stack/process-identity.ts';
import { readRunRecord, runRecordNames } from '../stack/run-files.ts';
import { removeDataOutside } from '../stack/services/postgres-account.ts';
import { TEST_FOLDER_PREFIX } from '../test/abandoned.ts';

const START = fileURLToPath(new URL('../start.mjs', import.meta.url));
const GONE_WITHIN_MS = 10_000;
const UP_WITHIN_MS = 120_000;

/** A platform that is started as a person does it, by `npm start`, and can be killed in every way. */
export interface LaunchedPlatform {
  readonly config: Config;
  /** Waits until it says that it is up; returns how long that took. */
  start(): Promise<number>;
  /** `kill -9` of the process that `npm start` runs. Its services go on, and nobody looks after them. */
  killParent(): Promise<void>;
  /** `kill -9` of every process of the platform at once, as a power cut would. Returns how many there were. */
  killEverything(): Promise<number>;
  /** Ctrl-C. Returns the exit code. */
  interrupt(): Promise<number | null>;
  /** Names of the services that run by the run files. */
  running(): string[];
  /** Command lines of every living process that was started for this home. */
  processes(): { readonly pid: number; readonly command: string }[];
  remove(): Promise<void>;
}

export async function createLaunchedPlatform(): Promise<LaunchedPlatform> {
  const folder = mkdtempSync(join(tmpdir(), TEST_FOLDER_PREFIX));
  chmodSync(folder, 0o755); // PostgreSQL may run under another account and has to reach its folder
  const home = join(folder, 'home');
  const env = { ...(await freePortsEnv()), CYXWIZ_HOME: home };
  const config = parseConfig(env);
  const runDir = join(home, 'run');
  let parent: ChildProcess | undefined;
  let said = '';

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (parent === undefined) return null;
    const exit = once(parent, 'exit') as Promise<[number | null]>;
    process.kill(parent.pid!, signal);
    const [code] = await exit;
    parent = undefined;
    return code;
  };
  const platform: LaunchedPlatform = {
    config,
    start: async () => {
      const startedAtMs = performance.now();
      said = '';
      parent = spawn(process.execPath, [START], { env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [parent.stdout!, parent.stderr!]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
      while (!said.includes('CyxWiz is up')) {
        if (parent.exitCode !== null || performance.now() - startedAtMs > UP_WITHIN_MS) throw new Error(`The platform did not come up:\n${said}`);
        await sleep(50);
      }
      return Math.round(performance.now() - startedAtMs);
    },
    killParent: async () => void (await end('SIGKILL')),
    killEverything: async () => {
      const gone = parent === undefined ? undefined : once(parent, 'exit');
      const all = processesOf(home);
      for (const { pid } of all) killNow(pid);
      await gone;
      parent = undefined;
      // A large process takes a moment to go after it was killed.
      for (const giveUpAtMs = performance.now() + GONE_WITHIN_MS; processesOf(home).length > 0 && performance.now() < giveUpAtMs; ) await sleep(20);
      return all.length;
    },
    interrupt: () => end('SIGINT'),
    running: () =>
      runRecordNames(runDir).filter((name) => {
        const record = readRunRecord(runDir, name);
        return name !== STACK_RECORD && record !== undefined && stillRuns(record);
      }),
    processes: () => processesOf(home),
    remove: async () => {
      if (parent !== undefined) await end('SIGKILL');
      await endLeftovers(runDir, () => undefined);
      for (const { pid } of processesOf(home)) killNow(pid);
      removeDataOutside(home);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return platform;
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** By their environment, which every process of a platform inherits, or their command line: also those that no run file names. */
function processesOf(home: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const command = readProc(name, 'cmdline').replaceAll('\0', ' ').trim();
      const ours = readProc(name, 'environ').split('\0').includes(`CYXWIZ_HOME=${home}`) || command.includes(home);
      return ours && command !== '' ? [{ pid: Number(name), command }] : [];
    });
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended, or is not ours to look at
  }
}
