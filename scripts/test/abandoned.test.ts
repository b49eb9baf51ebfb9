import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeRunRecord } from '../stack/run-files.ts';
import { endAbandonedStacks } from './abandoned.ts';

let parent: string;
const children: ChildProcess[] = [];
beforeEach(() => (parent = mkdtempSync(join(tmpdir(), 'cyxwiz-abandoned-'))));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(parent, { recursive: true, force: true });
});

async function recordedProcess(runDir: string, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  writeRunRecord(runDir, { name, pid: child.pid ?? 0, command: 'node', stopSignal: 'SIGTERM' });
  return child;
}

async function testStack(name: string): Promise<{ folder: string; owner: ChildProcess; service: ChildProcess }> {
  const folder = join(parent, name);
  const runDir = join(folder, 'home', 'run');
  mkdirSync(runDir, { recursive: true });
  return { folder, owner: await recordedProcess(runDir, 'stack'), service: await recordedProcess(runDir, 'mongo') };
}

it('ends the stack of a killed test run, and leaves that of a living one alone', async () => {
  const living = await testStack('cyxwiz-test-living');
  const killed = await testStack('cyxwiz-test-killed');
  killed.owner.kill('SIGKILL');
  await once(killed.owner, 'exit');

  expect(await endAbandonedStacks(parent)).toEqual([killed.folder]);
  expect(killed.service.signalCode ?? (await once(killed.service, 'exit'))[1]).toBe('SIGTERM');
  expect(existsSync(killed.folder)).toBe(false);
  expect(living.service.signalCode).toBeNull();
  expect(existsSync(living.folder)).toBe(true);
});
