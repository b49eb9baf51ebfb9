import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { CyxCloudClient } from '../client/client.ts';
import { DEFAULT_CHUNK_BYTES, encryptedLength } from '../client/object-header.ts';
import { nodeFolder, patternBytes, shardFile, tempFolder } from '../testing/fixtures.ts';
import { startServerProcess } from '../testing/server-process.ts';
import { startStorageServer } from './server.ts';
import { STRIPE_DATA_BYTES } from './stripes.ts';
import type { StorageServer } from './types.ts';

const MAX_OBJECT_BYTES = 30 * 1024 * 1024;
const ORIGIN = 'http://127.0.0.1:3000';

let folder: Awaited<ReturnType<typeof tempFolder>>;
let server: StorageServer;
const clientOf = (token: string, url = server.url): CyxCloudClient => new CyxCloudClient({ baseUrl: url, token: () => Promise.resolve(token) });
const objectUrl = (cid: string): string => `${server.url}/objects/${cid}`;
const asAlice = { authorization: 'Bearer alice' };

beforeAll(async () => {
  folder = await tempFolder();
  server = await startStorageServer({
    dataDir: folder.path,
    host: '127.0.0.1',
    port: 0,
    authenticate: (bearer) => {
      if (bearer === 'expired') return Promise.reject(new CyxError('TOKEN_EXPIRED', 'Your login has expired. Log in again.'));
      return Promise.resolve({ subject: bearer, role: bearer === 'platform' ? 'platform' : 'user' });
    },
    maxObjectBytes: MAX_OBJECT_BYTES,
    allowedOrigins: [ORIGIN],
    log: () => undefined,
  });
});
afterAll(async () => {
  await server.close();
  await folder.remove();
});

describe('put and get through the client', () => {
  // Plaintext sizes around a cipher chunk, and those whose encrypted form is around a stripe.
  const aroundStripe = [-1, 0, 1].map((more) => STRIPE_DATA_BYTES - (encryptedLength(STRIPE_DATA_BYTES) - STRIPE_DATA_BYTES) + more);
  const sizes = [0, 1, DEFAULT_CHUNK_BYTES - 1, DEFAULT_CHUNK_BYTES, DEFAULT_CHUNK_BYTES + 1, ...aroundStripe, 20 * 1024 * 1024];

  it.each(sizes)('round-trips %i bytes', async (sizeBytes) => {
    const bytes = patternBytes(sizeBytes);
    const client = clientOf('alice');
    const put = await client.put(bytes);
    expect(put).toMatchObject({ sizeBytes, encryptedBytes: encryptedLength(sizeBytes), cid: expect.stringMatching(/^bafybei/) as string });
    expect(Buffer.from(put.keyHash).equals(createHash('sha256').update(put.key).digest())).toBe(true);
    expect(new Set(put.shardLocations).size).toBe(14);
    expect(Buffer.compare(await client.getBytes(put.cid, put.key), bytes)).toBe(0);
    expect(await client.head(put.cid)).toMatchObject({ encryptedBytes: put.encryptedBytes, storedBytes: put.storedBytes, shardsPresent: 14 });
  });

  it('takes streams and blobs, reports progress, and sends a blob where told to', async () => {
    const bytes = patternBytes(3_000_000);
    const seen: number[] = [];
    const put = await clientOf('alice').put(new Blob([bytes]).stream(), { onProgress: ({ sentBytes }) => seen.push(sentBytes) });
    expect(seen.at(-1)).toBe(bytes.length);
    const browser = new CyxCloudClient({ baseUrl: server.url, token: () => Promise.resolve('alice'), uploadBody: 'blob' });
    const second = await browser.put(new Blob([bytes]));
    expect(second.cid).not.toBe(put.cid);
    for (const { cid, key } of [put, second]) expect(Buffer.compare(await browser.getBytes(cid, key), bytes)).toBe(0);
  });

  it('reads on while four nodes are gone, and brings them back to 14', async () => {
    const bytes = patternBytes(6_000_000);
    const { cid, key } = await clientOf('alice').put(bytes);
    for (const index of [2, 3, 5, 11]) await rm(nodeFolder(folder.path, index), { recursive: true });
    expect(Buffer.compare(await clientOf('bob').getBytes(cid, key), bytes)).toBe(0);
    await server.store.repairsIdle();
    expect((await clientOf('alice').head(cid)).shardsPresent).toBe(14);
  });

  it('never stores a byte of plaintext', async () => {
    const canary = 'a canary that must not be found 0123456789';
    const { cid } = await clientOf('alice').put(new TextEncoder().encode(canary.repeat(50_000)));
    for (let index = 0; index < 14; index += 1) expect((await readFile(await shardFile(folder.path, index, cid))).includes(canary)).toBe(false);
  });
});

describe('refusals', () => {
  it('names what is wrong as problem+json', async () => {
    const missing = 'bafybeibyqyrkx66boqbutl5oktknecxgnl43cipcls3knonfmi727rdtnu';
    const cases: readonly (readonly [string, RequestInit, number, string])[] = [
      [objectUrl(missing), {}, 401, 'UNAUTHENTICATED'],
      [objectUrl(missing), { headers: { authorization: 'Bearer expired' } }, 401, 'TOKEN_EXPIRED'],
      [objectUrl(missing), { headers: asAlice }, 404, 'NOT_FOUND'],
      [objectUrl('..%2f..%2fetc'), { headers: asAlice }, 400, 'INVALID_INPUT'],
      [objectUrl(missing), { headers: asAlice, method: 'DELETE' }, 404, 'NOT_FOUND'],
      [objectUrl(missing), { headers: asAlice, method: 'POST' }, 400, 'INVALID_INPUT'],
      [`${server.url}/objects`, { headers: asAlice, method: 'PUT' }, 400, 'INVALID_INPUT'],
      [`${server.url}/objects`, { method: 'PUT', body: patternBytes(2_000_000) }, 401, 'UNAUTHENTICATED'],
      [`${server.url}/objects`, { headers: asAlice, method: 'PUT', body: new Uint8Array(MAX_OBJECT_BYTES + 1) }, 413, 'PAYLOAD_TOO_LARGE'],
      [`${server.url}/elsewhere`, { headers: asAlice }, 404, 'NOT_FOUND'],
    ];
    for (const [url, init, status, code] of cases) {
      const response = await fetch(url, init);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ type: `urn:cyxwiz:error:${code}`, status, code, title: expect.any(String) as string, detail: expect.any(String) as string });
      expect(response.status).toBe(status);
    }
  });

  it('keeps their code on the client’s side', async () => {
    const { cid, key } = await clientOf('alice').put(patternBytes(1000));
    await expect(clientOf('expired').getBytes(cid, key)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(clientOf('expired').head(cid)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(clientOf('bob').delete(cid)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(clientOf('alice').getBytes('nonsense', key)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(clientOf('alice').getBytes(cid, new Uint8Array(32))).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
    await clientOf('platform').delete(cid);
    await expect(clientOf('alice').getBytes(cid, key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(clientOf('alice', 'http://127.0.0.1:9').head(cid)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('names the shards that are missing when too many are', async () => {
    const { cid, key } = await clientOf('alice').put(patternBytes(1000));
    for (let index = 0; index < 5; index += 1) await rm(await shardFile(folder.path, index, cid));
    const lost = { code: 'STORAGE_DATA_LOSS', message: expect.stringMatching(/^5 of the 14 shards/) as string, facts: { missingShards: '5' } };
    await expect(clientOf('alice').getBytes(cid, key)).rejects.toMatchObject(lost);
  });

  it('of wrong bytes from the gateway: the client notices by the CID and the tags', async () => {
    const bytes = patternBytes(2_500_000);
    const { cid, key } = await clientOf('alice').put(bytes);
    const sealed = new Uint8Array(await (await fetch(objectUrl(cid), { headers: asAlice })).arrayBuffer());
    const lying = (body: Uint8Array<ArrayBuffer>): CyxCloudClient =>
      new CyxCloudClient({ baseUrl: server.url, token: () => Promise.resolve('alice'), fetch: () => Promise.resolve(new Response(body)) });
    expect(Buffer.compare(await lying(sealed).getBytes(cid, key), bytes)).toBe(0);
    const flipped = sealed.slice();
    flipped[2_000_000]! ^= 1;
    const other = await clientOf('alice').put(bytes, { key });
    const otherSealed = new Uint8Array(await (await fetch(objectUrl(other.cid), { headers: asAlice })).arrayBuffer());
    for (const body of [flipped, sealed.slice(0, -1), sealed.slice(0, 64 + DEFAULT_CHUNK_BYTES + 16), otherSealed]) {
      await expect(lying(body).getBytes(cid, key)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
    }
  });
});

describe('HTTP', () => {
  it('serves ranges', async () => {
    const { cid, encryptedBytes } = await clientOf('alice').put(patternBytes(6_000_000));
    const whole = new Uint8Array(await (await fetch(objectUrl(cid), { headers: asAlice })).arrayBuffer());
    const cases: readonly (readonly [string, number, number])[] = [
      ['bytes=0-0', 0, 1],
      ['bytes=100-3000000', 100, 3_000_001],
      ['bytes=5242880-', 5_242_880, encryptedBytes],
      ['bytes=-10', encryptedBytes - 10, encryptedBytes],
      ['bytes=2621439-2621440', 2_621_439, 2_621_441],
    ];
    for (const [range, start, end] of cases) {
      const response = await fetch(objectUrl(cid), { headers: { ...asAlice, range } });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${encryptedBytes}`);
      expect(Buffer.compare(new Uint8Array(await response.arrayBuffer()), whole.subarray(start, end))).toBe(0);
    }
    expect((await fetch(objectUrl(cid), { headers: { ...asAlice, range: 'bytes=9-3' } })).status).toBe(400);
  });

  it('answers /healthz without a token, and browsers of our own origin only', async () => {
    const health = await fetch(`${server.url}/healthz`, { headers: { origin: ORIGIN } });
    expect(await health.json()).toMatchObject({ service: 'cyxcloud', ok: true });
    expect(health.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    const other = await fetch(`${server.url}/healthz`, { headers: { origin: 'https://elsewhere.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await fetch(`${server.url}/objects`, { method: 'OPTIONS', headers: { origin: ORIGIN } });
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
  });

  it('survives readers and writers that go away', async () => {
    const { cid, key } = await clientOf('alice').put(patternBytes(20_000_000));
    const reader = (await clientOf('alice').get(cid, key)).getReader();
    await reader.read();
    await reader.cancel();
    const stop = new AbortController();
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(patternBytes(100_000)) });
    setTimeout(() => stop.abort(), 150);
    await expect(clientOf('alice').put(endless, { signal: stop.signal })).rejects.toMatchObject({ code: expect.stringMatching(/CANCELLED|PAYLOAD_TOO_LARGE|UNAVAILABLE/) as string });
    expect(Buffer.compare(await clientOf('alice').getBytes(cid, key), patternBytes(20_000_000))).toBe(0);
  });

  it('names a port that is taken, and the variable that changes it', async () => {
    const options = { dataDir: join(folder.path, 'other'), host: '127.0.0.1', authenticate: () => Promise.reject(new Error()), maxObjectBytes: 1, log: () => undefined };
    await expect(startStorageServer({ ...options, port: server.port })).rejects.toThrow(/taken: set CYXWIZ_STORAGE_PORT/);
  });
});

describe('as a process', () => {
  it('shows nothing of a put during which it was killed, and everything acknowledged before', async () => {
    const home = await tempFolder();
    try {
      const bytes = patternBytes(3_000_000);
      let process = await startServerProcess(home.path);
      const { cid, key } = await clientOf('alice', process.url).put(bytes);
      for (const pieces of [1, 3, 9]) {
        await halfAPut(process.url, pieces);
        await expect.poll(() => readdir(join(nodeFolder(home.path, 0), 'incoming'))).toHaveLength(1);
        await process.kill();
        process = await startServerProcess(home.path);
        const health = (await (await fetch(`${process.url}/healthz`)).json()) as { objects: number };
        expect(health.objects).toBe(1);
        for (let index = 0; index < 14; index += 1) expect(await readdir(join(nodeFolder(home.path, index), 'incoming'))).toEqual([]);
        expect(Buffer.compare(await clientOf('alice', process.url).getBytes(cid, key), bytes)).toBe(0);
      }
      await process.kill();
    } finally {
      await home.remove();
    }
  }, 60_000);

  it('moves 64 MiB with the memory of a few stripes', async () => {
    const script = fileURLToPath(new URL('../testing/measure.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, '64']);
    const report = JSON.parse(stdout) as { isEqual: boolean; serverPeakMb: Record<string, number>; clientPeakMb: Record<string, number> };
    expect(report.isEqual).toBe(true);
    expect(report.serverPeakMb.afterGet).toBeLessThan(200);
    expect(report.clientPeakMb.after! - report.clientPeakMb.before!).toBeLessThan(120);
  }, 60_000);
});

/** Sends some MiB of a put and leaves it open. */
async function halfAPut(url: string, pieces: number): Promise<void> {
  const request = httpRequest(`${url}/objects`, { method: 'PUT', headers: asAlice });
  request.on('error', () => undefined);
  for (let piece = 0; piece < pieces; piece += 1) {
    await new Promise<void>((resolve) => request.write(patternBytes(1024 * 1024), () => resolve()));
  }
}
