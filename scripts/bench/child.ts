import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface BenchChild {
  /** The first thing that it said, which is that it is up. */
  readonly said: string;
  stop(): Promise<void>;
}

/** Runs a hidden command of the bench in a process of its own. It says something once it is up, and ends with its input. */
export async function startBenchChild(args: readonly string[], env: NodeJS.ProcessEnv): Promise<BenchChild> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const said = await Promise.race([once(child.stdout, 'data'), ended.then(() => null)]);
  if (said === null) throw new Error(`The bench's own process (${args[0] ?? ''}) did not start`);
  return {
    said: String(said[0]).trim(),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
