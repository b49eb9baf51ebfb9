import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { startStorageServer } from '#cyxcloud/gateway/server';
import { createRestClient } from './rest-client.ts';
import { trustedFetch } from './trusted-fetch.ts';

let dir: string;
let caFile: string;
let tls: { cert: string; key: string };

const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** An authority that no system knows, and a certificate for this machine that it signed. */
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'trusted-fetch-'));
  caFile = join(dir, 'ca.crt');
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=a private authority', '-days', '1');
  openssl('req', '-x509', ...newKey, '-keyout', 'us.key', '-out', 'us.crt', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '1');
  tls = { cert: readFileSync(join(dir, 'us.crt'), 'utf8'), key: readFileSync(join(dir, 'us.key'), 'utf8') };
});
afterAll(() => rmSync(dir, { recursive: true }));

it('brings machine heartbeats to an API whose authority only the node knows', async () => {
  const seen: string[] = [];
  const server = createServer({ ...tls, minVersion: 'TLSv1.3' }, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await createRestClient(url, trustedFetch(caFile)).machineHeartbeat('machine-1', 'key');
    expect(seen).toEqual(['POST /api/machines/machine-1/heartbeat Bearer key']);
    await expect(createRestClient(url, trustedFetch()).machineHeartbeat('machine-1', 'key')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(seen).toHaveLength(1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('streams datasets and models to and from a storage whose authority only the node knows', async () => {
  const storage = await startStorageServer({
    dataDir: join(dir, 'storage'),
    host: '127.0.0.1',
    port: 0,
    authenticate: () => Promise.resolve({ subject: 'tester', role: 'user' }),
    maxObjectBytes: 10_000_000,
    tls,
    log: () => undefined,
  });
  try {
    const cloud = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any'), fetch: trustedFetch(caFile) });
    const bytes = new Uint8Array(randomBytes(3_000_000));
    const { cid, key } = await cloud.put(new Blob([bytes]).stream());
    expect(Buffer.from(await cloud.getBytes(cid, key)).equals(bytes)).toBe(true);
    const stranger = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any'), fetch: trustedFetch() });
    await expect(stranger.get(cid, key)).rejects.toThrow();
  } finally {
    await storage.close();
  }
});
