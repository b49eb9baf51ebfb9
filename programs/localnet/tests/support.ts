import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Connection, Keypair, LAMPORTS_PER_SOL, type Commitment } from '@solana/web3.js';
import { startLocalnet, type Localnet, type LocalnetOptions } from '../start-localnet.ts';

/** A data directory of its own under the system's temporary folder. */
export function temporaryDir(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'cyxwiz-localnet-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A chain in this process, on free ports. */
export function startChain(dataDir: string, over: Partial<LocalnetOptions> = {}): Promise<Localnet> {
  return startLocalnet({ dataDir, rpcPort: 0, wsPort: 0, programs: [], ...over });
}

export function connect(
  { rpcUrl, wsUrl }: Pick<Localnet, 'rpcUrl' | 'wsUrl'>,
  commitment: Commitment = 'confirmed',
): Connection {
  return new Connection(rpcUrl, { commitment, wsEndpoint: wsUrl });
}

export async function fundedKeypair(connection: Connection, sol = 10): Promise<Keypair> {
  const keypair = Keypair.generate();
  await connection.requestAirdrop(keypair.publicKey, sol * LAMPORTS_PER_SOL);
  return keypair;
}

/** One JSON-RPC call without a client between; the whole answer. */
export async function call(
  rpcUrl: string,
  method: string,
  params?: unknown,
): Promise<{ result?: unknown; error?: { code: number; message: string; data?: unknown } }> {
  return (await (await post(rpcUrl, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))).json()) as never;
}

export function post(rpcUrl: string, body: string): Promise<Response> {
  return fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

export interface ChainProcess {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly child: ChildProcess;
  /** Ends the process with this signal and waits until it is gone; returns its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Ends what a failed test left running. */
export function endChainProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** The same chain as a process of its own, so that it can be killed. `shellPrefix` runs in the shell before it. */
export async function startChainProcess(dataDir: string, shellPrefix?: string): Promise<ChainProcess> {
  const script = fileURLToPath(new URL('./chain-process.ts', import.meta.url));
  const node = [process.execPath, '--import', 'tsx', script, dataDir];
  const [command, ...args] =
    shellPrefix === undefined ? node : ['sh', '-c', `${shellPrefix}; exec "$@"`, 'sh', ...node];
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  running.add(child);
  child.once('exit', () => running.delete(child));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const line = await Promise.race([firstLine(child), exited.then(() => undefined)]);
  if (line === undefined) throw new Error(`the chain's process ended before it was ready: ${stderr}`);
  const { rpcUrl, wsUrl } = JSON.parse(line) as { rpcUrl: string; wsUrl: string };
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  };
  return { rpcUrl, wsUrl, child, end };
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  return undefined;
}
