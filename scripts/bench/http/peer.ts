import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const BUILD_FILE = path('../../../.cyxwiz/bench-hello/server/index.js');

export interface Peer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Builds the hello page as our own site is built, and serves it from a process of its own. */
export async function startPeer(): Promise<Peer> {
  const env = { ...process.env, NODE_ENV: 'production' as const };
  await promisify(execFile)(process.execPath, [path('../../../node_modules/@remix-run/dev/dist/cli.js'), 'vite:build'], { cwd: path('./hello'), env });
  const child = spawn(process.execPath, ['--import', 'tsx', path('../main.ts'), 'hello-peer', BUILD_FILE], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const said = await Promise.race([once(child.stdout, 'data'), ended.then(() => null)]);
  if (said === null) throw new Error('The bare page did not start');
  return {
    url: String(said[0]).trim(),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
