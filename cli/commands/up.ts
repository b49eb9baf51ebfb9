import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';

/** The whole platform on this machine, until Ctrl-C. The same as `npm start` in a clone. */
export function upCommand(): Command {
  return new Command('up').description('start the whole platform on this machine').action(async () => {
    const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: 'inherit' });
    // A Ctrl-C reaches the child too, which stops everything in order; this process only waits for it.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    process.exitCode = await new Promise<number>((done) => child.on('exit', (code) => done(code ?? 1)));
  });
}
