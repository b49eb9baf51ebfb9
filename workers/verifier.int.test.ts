import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';

it('stops when it was asked to while it started', async () => {
  const [host, port] = parseConfig(inject('stackEnv')).temporal.address.split(':');
  const script = fileURLToPath(new URL('./verifier.ts', import.meta.url));
  // The way to Temporal: who comes along it is still starting, and is asked to stop before the connection goes on.
  const way = createServer((socket) => {
    child.kill('SIGTERM');
    setTimeout(() => {
      const onward = connect(Number(port), host).on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy()).pipe(onward).pipe(socket);
    }, 300);
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  const address = `127.0.0.1:${(way.address() as AddressInfo).port}`;
  const env = { ...process.env, ...inject('stackEnv'), TEMPORAL_ADDRESS: address };
  const child = spawn(process.execPath, ['--import', 'tsx', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const gaveUp = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(gaveUp);
  way.close();
  expect({ code, said }).toEqual({ code: 0, said: '' });
});
