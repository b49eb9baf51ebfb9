// The thread of prefetch.ts: reads samples into shared memory while the main thread is busy with a step. Plain
// JavaScript, since a thread begins without the loader that reads TypeScript.
import { openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** @type {import('./prefetch.ts').PrefetchOrders} */
const { path, startBytes, sampleBytes, slots, ready } = workerData;
const file = openSync(path, 'r');
const flags = new Int32Array(ready);

parentPort.on('message', ({ slot, rows }) => {
  const target = new Uint8Array(slots[slot]);
  for (const [at, row] of rows.entries()) {
    const read = readSync(file, target, at * sampleBytes, sampleBytes, startBytes + row * sampleBytes);
    if (read !== sampleBytes) throw new Error(`sample ${row} of ${path} is not there any more`);
  }
  Atomics.store(flags, slot, 1);
  parentPort.postMessage(slot);
});
