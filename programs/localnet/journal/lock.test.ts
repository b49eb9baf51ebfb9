import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
