import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CyxCloudClient } from '#cyxcloud/client/index';
import { startStorageServer } from '#cyxcloud/gateway/server';
import { createNodeActivities } from './activities.ts';
import type { NodeActivities } from './contract.ts';
import { createNodeSlot, type NodeSlot } from './slot.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { fixtureCommand, fixtureSpec, until } from './testing/fixture.ts';
import { RecordingPlatform } from './testing/recording-platform.ts';

const MIB = 1024 * 1024;
const log = { info: () => undefined, warn: () => undefined };

let dir: string;
let disk: string;
let storage: Awaited<ReturnType<typeof startStorageServer>>;
let supervisor: Supervisor;
let slot: NodeSlot;
let activities: NodeActivities;
let platform: RecordingPlatform;
let jobId: string;

/** A disk of its own of 2 MB; only root may have one, and everywhere but on Linux there is no such thing. */
function mountSmallDisk(path: string): boolean {
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const probe = mkdtempSync(join(tmpdir(), 'small-disk-'));
const canMount = mountSmallDisk(join(probe, 'disk'));
if (canMount) execFileSync('umount', [join(probe, 'disk')]);
rmSync(probe, { recursive: true });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'disk-full-'));
  disk = join(dir, 'disk');
  mountSmallDisk(disk);
  const authenticate = () => Promise.resolve({ subject: 'tester', role: 'user' } as const);
  storage = await startStorageServer({ dataDir: join(dir, 'storage'), host: '127.0.0.1', port: 0, authenticate, maxObjectBytes: 10 * MIB, log: () => undefined });
  supervisor = createSupervisor({ root: disk, command: fixtureCommand });
  slot = createNodeSlot();
  jobId = randomUUID();
});
afterEach(async () => {
  for (const key of supervisor.live()) await supervisor.stop(key);
  await storage.close();
  execFileSync('umount', ['-l', disk]);
  rmSync(dir, { recursive: true });
});

async function nodeFor(datasetBytes: number, steps: number): Promise<void> {
  const cloud = new CyxCloudClient({ baseUrl: storage.url, token: () => Promise.resolve('any') });
  const { cid, key } = await cloud.put(new Uint8Array(randomBytes(datasetBytes)));
  const { graphJson, hyperParameters, checkpointEverySteps } = fixtureSpec(steps);
  const lease = { graphJson, hyperParametersJson: JSON.stringify(hyperParameters), datasetCid: cid, datasetKey: key, modelKey: new Uint8Array(32), storageUrl: storage.url, checkpointEverySteps };
  platform = new RecordingPlatform(() => lease);
  const settings = { nodeId: 'node-1', deviceClasses: ['cpu'], pricePerHourBase: 1n, workDir: disk, minFreeDiskBytes: 1 };
  activities = createNodeActivities({ settings, platform, storageAt: () => cloud, supervisor, slot, log });
}

const run = (activity: (input: { jobId: string; attempt: number; deadlineAtMs: number }) => Promise<unknown>): Promise<unknown> =>
  new MockActivityEnvironment().run(activity, { jobId, attempt: 1, deadlineAtMs: Date.now() + 60_000 });

/** Takes what is left of the disk. */
function fill(): void {
  const file = openSync(join(disk, 'somebody-else'), 'w');
  try {
    for (const piece = Buffer.alloc(4096); ; ) writeSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

const handedBack = { type: 'HANDED_BACK', nonRetryable: true, message: expect.stringMatching(/disk space/) as string };

it.runIf(canMount)('hands a job back whose dataset finds no room, and leaves nothing of it behind', async () => {
  await nodeFor(3 * MIB, 20);
  await expect(run(activities.startTraining)).rejects.toMatchObject(handedBack);
  expect(existsSync(join(disk, jobId, '1'))).toBe(false);
  expect([slot.holder(), supervisor.live()]).toEqual([undefined, []]);
});

it.runIf(canMount)('hands a job back whose disk fills up during the training, and leaves nothing of it behind', async () => {
  await nodeFor(1_000, 1_000);
  const working = run(activities.awaitTraining);
  working.catch(() => undefined);
  await until('some steps', () => platform.progress.length > 6);
  fill();
  await expect(working).rejects.toMatchObject(handedBack);
  expect(existsSync(join(disk, jobId, '1'))).toBe(false);
  expect([slot.holder(), supervisor.live(), platform.completions]).toEqual([undefined, [], []]);
});
