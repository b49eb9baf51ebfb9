import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimHome, endLeftovers, endProcess, hasLeftovers } from './leftovers.ts';
import { identityOf, stillRuns } from './process-identity.ts';
import { readRunRecord, writeRunRecord, type RunRecord } from './run-files.ts';

let runDir: string;
const children: ChildProcess[] = [];
beforeEach(() => (runDir = mkdtempSync(join(tmpdir(), 'cyxwiz-run-'))));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(runDir, { recursive: true, force: true });
});

async function sleeper(script = 'setInterval(() => {}, 1000); console.log("up")'): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child as ChildProcess & { pid: number };
}

function write(name: string, pid: number): RunRecord {
  writeRunRecord(runDir, { name, pid, command: 'sleeper', stopSignal: 'SIGTERM' });
  const record = readRunRecord(runDir, name);
  if (record === undefined) throw new Error('the record was not written');
  return record;
}

describe('identityOf', () => {
  it('knows a running process from one that has ended', async () => {
    const child = await sleeper();
    const identity = identityOf(child.pid);
    expect(identity && stillRuns(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(identity && stillRuns(identity)).toBe(false);
  });
});

describe('endLeftovers', () => {
  it('ends the process that was written down, and forgets it', async () => {
    const child = await sleeper();
    write('storage', child.pid);
    await endLeftovers(runDir, () => undefined);
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGTERM');
    expect(readRunRecord(runDir, 'storage')).toBeUndefined();
  });

  it('leaves alone a process that only has the same id', async () => {
    const innocent = await sleeper();
    const record = write('storage', innocent.pid);
    writeFileSync(join(runDir, 'storage.json'), JSON.stringify({ ...record, startTimeTicks: String(Number(record.startTimeTicks) - 1) }));
    await endLeftovers(runDir, () => undefined);
    expect(innocent.exitCode).toBeNull();
    expect(innocent.signalCode).toBeNull();
    expect(existsSync(join(runDir, 'storage.json'))).toBe(false);
  });

  it('leaves alone a process of another boot of the machine', async () => {
    const innocent = await sleeper();
    writeFileSync(join(runDir, 'api.json'), JSON.stringify({ ...write('api', innocent.pid), bootId: 'an earlier one' }));
    await endLeftovers(runDir, () => undefined);
    expect(innocent.signalCode).toBeNull();
  });

  it.each(['', '{"pid":', '{"pid":-1}', '[]'])('forgets a record that can not be read: %j', async (text) => {
    writeFileSync(join(runDir, 'mongo.json'), text);
    await endLeftovers(runDir, () => undefined);
    expect(existsSync(join(runDir, 'mongo.json'))).toBe(false);
  });
});

describe('hasLeftovers', () => {
  it('tells services of a killed stack from those of a living one', async () => {
    const [stack, service] = [await sleeper(), await sleeper()];
    write('stack', stack.pid);
    write('api', service.pid);
    expect(hasLeftovers(runDir)).toBe(false);
    stack.kill('SIGKILL');
    await once(stack, 'exit');
    expect(hasLeftovers(runDir)).toBe(true);
    service.kill('SIGKILL');
    await once(service, 'exit');
    expect(hasLeftovers(runDir)).toBe(false);
  });
});

describe('endProcess', () => {
  it('uses force on a process that does not end when asked', async () => {
    const stubborn = await sleeper('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")');
    await endProcess(write('node', stubborn.pid), 200);
    expect(stubborn.signalCode ?? (await once(stubborn, 'exit'))[1]).toBe('SIGKILL');
  });
});

describe('claimHome', () => {
  it('refuses a home that a living stack owns, and names that process', async () => {
    const other = await sleeper();
    write('stack', other.pid);
    expect(() => claimHome(runDir)).toThrow(`process ${other.pid}`);
  });

  it('takes over from a stack that is gone', async () => {
    const other = await sleeper();
    write('stack', other.pid);
    other.kill('SIGKILL');
    await once(other, 'exit');
    claimHome(runDir);
    expect(readRunRecord(runDir, 'stack')?.pid).toBe(process.pid);
  });
});
