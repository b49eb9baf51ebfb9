import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBenchChild } from '../child.ts';

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
  const child = await startBenchChild(['hello-peer', BUILD_FILE], env);
  return { url: child.said, stop: () => child.stop() };
}
