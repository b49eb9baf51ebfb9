// The thread of watchdog.ts: plain JavaScript, since a thread begins without the loader that reads TypeScript.
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const LOOK_MS = 20;
const MIB = 1024 * 1024;

/** @type {import('./watchdog.ts').WatchdogOrders} */
const { resultFile, memoryBytes, deadlineAtMs, batchSize } = workerData;

function end(code, message, facts) {
  const part = `${resultFile}.watchdog`;
  const file = openSync(part, 'w');
  writeSync(file, JSON.stringify({ ok: false, code, message, facts }));
  fsyncSync(file);
  closeSync(file);
  renameSync(part, resultFile);
  process.kill(process.pid, 'SIGKILL');
}

function look() {
  const usedBytes = process.memoryUsage.rss();
  if (usedBytes > memoryBytes) {
    const mib = (bytes) => `${Math.floor(bytes / MIB)} MiB`;
    const message = `The training took ${mib(usedBytes)} of memory with batches of ${batchSize}; it may use ${mib(memoryBytes)}. Use a smaller batch size or model`;
    end('OUT_OF_MEMORY', message, { batchSize: String(batchSize) });
  }
  if (deadlineAtMs !== undefined && Date.now() > deadlineAtMs) end('DEADLINE_EXCEEDED', 'The training was not done by its deadline', {});
}

look();
setInterval(look, LOOK_MS);
