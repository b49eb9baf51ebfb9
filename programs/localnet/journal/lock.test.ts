import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDir } from './lock.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cyxwiz-lock-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

it('keeps a second chain out of a directory until the first lets go', () => {
  const release = lockDataDir(dataDir);
  expect(() => lockDataDir(dataDir)).toThrow(expect.objectContaining({ code: 'STATE_CONFLICT' }));
  release();
  lockDataDir(dataDir)();
});

it.each(['a dead process', 'another process that got the same pid', 'half a file'])(
  'takes over what %s left',
  (who) => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const left = {
      'a dead process': JSON.stringify({ pid: dead, startedAt: '1' }),
      'another process that got the same pid': JSON.stringify({ pid: process.pid, startedAt: '1' }),
      'half a file': '{"pid": 12',
    }[who]!;
    writeFileSync(join(dataDir, 'lock.json'), left);
    lockDataDir(dataDir)();
  },
);

const statOf = (pid: number): readonly string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
const heldBy = (pid: number): void => writeFileSync(join(dataDir, 'lock.json'), JSON.stringify({ pid, startedAt: statOf(pid)[19] }));

it('takes over from a holder that has ended, though nobody has noticed yet', async () => {
  // The shell's child ends once the shell has become something else, which never asks for it.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(said.toString());
  await expect.poll(() => statOf(pid)[0]).toBe('Z');
  heldBy(pid);
  lockDataDir(dataDir)();
  parent.kill();
});

it('waits a moment for a holder that is just going', async () => {
  const holder = spawn('sleep', ['0.5']);
  await once(holder, 'spawn');
  heldBy(holder.pid!);
  lockDataDir(dataDir)();
});
