import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckpointEvent } from '../trainer/run.ts';
import { CheckpointStore, type CheckpointStoreOptions } from './checkpoint-store.ts';
import { CHILD_FILES, checkpointFile, readCheckpointLines } from './child-contract.ts';

let workDir: string;
const stores: CheckpointStore[] = [];
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'cyxwiz-store-'));
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(workDir, { recursive: true, force: true });
});

function open(options: CheckpointStoreOptions = {}): CheckpointStore {
  const store = new CheckpointStore(workDir, options);
  stores.push(store);
  return store;
}

const bytesOf = (step: number): Uint8Array => new Uint8Array(1_000 + step).fill(step);
const eventOf = (step: number, reason: CheckpointEvent['reason'] = 'link'): CheckpointEvent => ({ reason, step, stateHash: 'ab'.repeat(32), epoch: 0, batch: step, meanLoss: 0.5, chain: 'cd'.repeat(32) });
const keep = (store: CheckpointStore, step: number, reason?: CheckpointEvent['reason']): Promise<void> => store.keep(bytesOf(step), eventOf(step, reason));
const latest = (): number | undefined => readFileSync(join(workDir, CHILD_FILES.checkpoint))[0];
const steps = (): number[] => readCheckpointLines(workDir).map(({ step }) => step);

/** A file that takes no byte, as on a full disk. */
function fillUp(step: number): void {
  symlinkSync('/dev/full', `${checkpointFile(workDir, step)}.part`);
}

describe('checkpoints on disk', () => {
  it('are a file, a line and the file to resume from', async () => {
    const store = open();
    await keep(store, 4);
    await keep(store, 6, 'time');
    await store.flush();
    expect(readCheckpointLines(workDir)).toEqual([4, 6].map((step) => ({ step, isLink: step === 4, stateHash: 'ab'.repeat(32), epoch: 0, batch: step, meanLoss: 0.5, chain: 'cd'.repeat(32), sizeBytes: 1_000 + step })));
    expect(new Uint8Array(readFileSync(checkpointFile(workDir, 4)))).toEqual(bytesOf(4));
    expect(latest()).toBe(6);
    // What is taken away stays to resume from.
    unlinkSync(checkpointFile(workDir, 6));
    expect(latest()).toBe(6);
  });

  it('are only to resume from where the run stops, or nobody takes them away', async () => {
    const store = open();
    await keep(store, 3, 'stop');
    expect(latest()).toBe(3);
    const other = open({ keepsLinks: false });
    await keep(other, 4);
    await other.flush();
    expect(latest()).toBe(4);
    expect([steps(), readdirSync(join(workDir, CHILD_FILES.checkpoints))]).toEqual([[], []]);
  });

  it('go on after a line that was only half written, and a file that was', async () => {
    const first = open();
    await keep(first, 4);
    await first.flush();
    appendFileSync(join(workDir, CHILD_FILES.checkpointLog), '{"step":8,');
    appendFileSync(`${checkpointFile(workDir, 8)}.part`, 'half');
    expect(steps()).toEqual([4]);
    const second = open();
    expect(existsSync(`${checkpointFile(workDir, 8)}.part`)).toBe(false);
    await keep(second, 8);
    await second.flush();
    expect(steps()).toEqual([4, 8]);
  });
});

describe('a full disk', () => {
  it('makes checkpoints wait, and they come in their order once there is room', async () => {
    const store = open();
    fillUp(4);
    await keep(store, 4);
    await keep(store, 8);
    await store.flush();
    expect(steps()).toEqual([4, 8]);
    expect(new Uint8Array(readFileSync(checkpointFile(workDir, 4)))).toEqual(bytesOf(4));
    expect(latest()).toBe(8);
  });

  it('costs those that can not wait, file and line, and no other', async () => {
    const store = open({ maxWaitingBytes: 100 });
    fillUp(4);
    await keep(store, 4);
    await keep(store, 8);
    await store.flush();
    expect([steps(), readdirSync(join(workDir, CHILD_FILES.checkpoints)), latest()]).toEqual([[8], ['8.safetensors'], 8]);
  });

  it('does not fail a stop', async () => {
    const store = open();
    await keep(store, 4);
    await store.flush();
    symlinkSync('/dev/full', join(workDir, `${CHILD_FILES.checkpoint}.part`));
    await keep(store, 5, 'stop');
    expect(latest()).toBe(4);
  });
});

it('tells of any other trouble', async () => {
  const store = open();
  rmSync(join(workDir, CHILD_FILES.checkpoints), { recursive: true });
  await keep(store, 4);
  await expect(store.flush()).rejects.toThrow(/ENOENT/);
});
