import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { programsOnDisk } from '#programs/clients/ts/programs-on-disk';
import { connect, temporaryDir } from './support.ts';

const home = temporaryDir();
afterAll(() => home.remove());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function startWorker(): Promise<{ ready: Record<string, unknown>; stop: () => Promise<number | null> }> {
  const [rpcPort, wsPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    CYXWIZ_HOME: home.path,
    CYXWIZ_SOLANA_RPC_PORT: String(rpcPort),
    CYXWIZ_SOLANA_WS_PORT: String(wsPort),
  };
  const script = fileURLToPath(new URL('../../../workers/localnet.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code} before it was ready`)));
  });
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ((await exited) as [number | null])[0];
  };
  return { ready: JSON.parse(line) as Record<string, unknown>, stop };
}

it('the process says when it is ready, has the programs of the project, stops cleanly and starts again on its state', async () => {
  const first = await startWorker();
  expect(first.ready).toMatchObject({
    ready: 'localnet',
    rpcUrl: expect.stringMatching(/^http:/) as string,
    wsUrl: expect.stringMatching(/^ws:/) as string,
  });
  const connection = connect(first.ready as { rpcUrl: string; wsUrl: string });
  for (const { programId } of programsOnDisk())
    expect((await connection.getAccountInfo(programId))?.executable).toBe(true);
  const genesis = await connection.getGenesisHash();
  expect(await first.stop()).toBe(0);
  const second = await startWorker();
  expect(await connect(second.ready as { rpcUrl: string; wsUrl: string }).getGenesisHash()).toBe(genesis);
  expect(await second.stop()).toBe(0);
});
