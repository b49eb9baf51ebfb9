import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'node:https';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChain, temporaryDir } from './support.ts';
import type { Localnet } from '../start-localnet.ts';

const dir = temporaryDir();
let chain: Localnet;
let certPem: string;
beforeAll(async () => {
  const [key, cert] = [join(dir.path, 'key.pem'), join(dir.path, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  );
  certPem = readFileSync(cert, 'utf8');
  chain = await startChain(join(dir.path, 'chain'), { tls: { certPem, keyPem: readFileSync(key, 'utf8') } });
});
afterAll(async () => {
  await chain.close();
  dir.remove();
});

function health(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  return new Promise((resolve, reject) => {
    request(`${chain.rpcUrl}/health`, { ca: certPem, maxVersion }, (response) =>
      response.on('data', (chunk: Buffer) => resolve(chunk.toString())),
    )
      .on('error', reject)
      .end();
  });
}

it('with a certificate both ports speak TLS 1.3, and nothing older', async () => {
  expect(chain.rpcUrl).toMatch(/^https:/);
  expect(await health('TLSv1.3')).toBe('ok');
  await expect(health('TLSv1.2')).rejects.toThrow(/protocol version|alert/i);
  const socket = new WebSocket(chain.wsUrl, { ca: certPem });
  const answer = new Promise((resolve) =>
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString('utf8')))),
  );
  socket.once('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"getHealth"}'));
  expect(await answer).toMatchObject({ result: 'ok' });
  socket.terminate();
});
