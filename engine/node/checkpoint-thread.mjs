// The thread of checkpoint-store.ts: puts checkpoints on disk while the main thread is busy with steps. Plain
// JavaScript, since a thread begins without the loader that reads TypeScript.
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

/** A disk without room is the machine's trouble, and may pass: it must not cost the training. */
const NO_ROOM = ['ENOSPC', 'EDQUOT'];

/** @type {import('./checkpoint-store.ts').CheckpointThreadOrders} */
const { latestFile, logFile, maxWaitingBytes, done } = workerData;

/** Where the whole lines end: an earlier process may have left half a line. */
let logBytes = fs.existsSync(logFile) ? fs.readFileSync(logFile).lastIndexOf(0x0a) + 1 : 0;
const log = fs.openSync(logFile, fs.existsSync(logFile) ? 'r+' : 'w');
fs.ftruncateSync(log, logBytes);

/** @type {import('./checkpoint-store.ts').CheckpointWork[]} */
let waiting = [];

function syncFolder(path) {
  if (process.platform === 'win32') return; // folders have no such thing there
  const folder = fs.openSync(dirname(path), 'r');
  fs.fsyncSync(folder);
  fs.closeSync(folder);
}

function writeWhole(path, bytes) {
  const part = `${path}.part`;
  try {
    const file = fs.openSync(part, 'w');
    try {
      fs.writeFileSync(file, bytes);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(part, path);
    syncFolder(path);
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  }
}

function appendLine(line) {
  const bytes = Buffer.from(`${line}\n`);
  try {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(log, bytes, at, bytes.length - at, logBytes + at);
    fs.fsyncSync(log);
    logBytes += bytes.length;
  } catch (error) {
    fs.ftruncateSync(log, logBytes);
    throw error;
  }
}

/** A second name for the same bytes, or a copy where the file system has no such thing. */
function shareAs(path, other) {
  fs.rmSync(other, { force: true });
  try {
    fs.linkSync(path, other);
  } catch {
    fs.copyFileSync(path, other);
  }
}

/** The line after the file, and the file to resume from after the line: a restart repeats a line rather than leaving it out. */
function put({ file, line, bytes }) {
  if (file === undefined) return writeWhole(latestFile, bytes);
  const part = `${latestFile}.part`;
  writeWhole(file, bytes);
  try {
    // Before the line, which is the sign to take the file away.
    shareAs(file, part);
    appendLine(line);
  } catch (error) {
    for (const path of [part, file]) fs.rmSync(path, { force: true });
    throw error;
  }
  fs.renameSync(part, latestFile);
}

/** Whether there was room. */
function tryPut(work) {
  try {
    put(work);
    return true;
  } catch (error) {
    if (!NO_ROOM.includes(error.code)) throw error;
    fs.writeSync(2, `no room for a checkpoint: ${error.message}\n`);
    return false;
  }
}

/** In the order of the steps, so none is tried while an earlier one waits. */
function putWaiting() {
  while (waiting.length > 0 && tryPut(waiting[0])) waiting.shift();
}

function forgetSome() {
  let bytes = waiting.reduce((sum, work) => sum + work.bytes.length, 0);
  while (bytes > maxWaitingBytes) bytes -= waiting.shift().bytes.length;
}

parentPort.on('message', (work) => {
  if (work !== undefined && work.file === undefined) {
    putWaiting();
    if (waiting.length === 0) tryPut(work);
  } else {
    if (work !== undefined) waiting.push(work);
    putWaiting();
    forgetSome();
  }
  Atomics.add(done, 0, 1);
  parentPort.postMessage('done');
});
