import { createHash } from 'node:crypto';
import { CyxCloudClient } from '../client/client.ts';
import { tempFolder } from './fixtures.ts';
import { peakMemoryBytes, startServerProcess } from './server-process.ts';

/**
 * Puts and gets one object of any size through a server process and prints speed and memory as JSON:
 * `node --import tsx cyxcloud/testing/measure.ts MEBIBYTES`. Neither side ever holds the object.
 */
const MIB = 1024 * 1024;
const sizeMib = Number(process.argv[2] ?? 512);

/** The same bytes for the same place, quick to make, so that nothing but a digest needs keeping. */
function source(digest: ReturnType<typeof createHash>): ReadableStream<Uint8Array> {
  let made = 0;
  return new ReadableStream({
    pull(controller) {
      if (made === sizeMib) return controller.close();
      const piece = new Uint8Array(MIB);
      new Uint32Array(piece.buffer).forEach((_, index, words) => (words[index] = Math.imul(index + made * 7919, 2654435761)));
      made += 1;
      digest.update(piece);
      controller.enqueue(piece);
    },
  });
}

const folder = await tempFolder();
const server = await startServerProcess(folder.path);
try {
  const client = new CyxCloudClient({ baseUrl: server.url, token: () => Promise.resolve('measure') });
  const before = { server: await peakMemoryBytes(server.pid), client: await peakMemoryBytes(process.pid) };
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const putStartMs = performance.now();
  const { cid, key, storedBytes } = await client.put(source(sent));
  const getStartMs = performance.now();
  const afterPut = await peakMemoryBytes(server.pid);
  for (const reader = (await client.get(cid, key)).getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    received.update(value);
  }
  const endMs = performance.now();
  const mbPerSecond = (ms: number): number => Math.round((sizeMib * MIB) / 1000 / ms);
  const toMb = (bytes: number): number => Math.round(bytes / 1e6);
  const report = {
    sizeMib,
    storedBytes,
    isEqual: sent.digest('hex') === received.digest('hex'),
    putMBs: mbPerSecond(getStartMs - putStartMs),
    getMBs: mbPerSecond(endMs - getStartMs),
    serverPeakMb: { before: toMb(before.server), afterPut: toMb(afterPut), afterGet: toMb(await peakMemoryBytes(server.pid)) },
    clientPeakMb: { before: toMb(before.client), after: toMb(await peakMemoryBytes(process.pid)) },
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.isEqual ? 0 : 1;
} finally {
  await server.kill();
  await folder.remove();
}
