import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEndpoint } from './endpoint.ts';
import { measureHardware, ownDeviceClasses, servedClasses } from './hardware.ts';
import { INSTRUCTION_SETS } from '#core/hardware/instruction-set';
import { processMark } from '#engine/node/process-mark';
import { ProgressTail } from '#engine/node/progress-tail';
import { parseRunKey } from './run-key.ts';

describe('run keys', () => {
  it.each(['../../etc', '', 'a/b', '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c/..'])('refuse %j as a path', (jobId) => {
    expect(() => parseRunKey({ jobId, attempt: 1 })).toThrow('Please correct');
  });
  it.each([0, -1, 1.5, 1001])('refuse attempt %d', (attempt) => {
    expect(() => parseRunKey({ jobId: '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c', attempt })).toThrow('Please correct');
  });
});

describe('endpoints', () => {
  it.each([
    ['127.0.0.1:50051', { address: '127.0.0.1:50051', tls: false }],
    ['http://host:1234', { address: 'host:1234', tls: false }],
    ['https://host:1234', { address: 'host:1234', tls: true }],
    ['https://host', { address: 'host:443', tls: true }],
  ])('%s', (text, endpoint) => expect(parseEndpoint(text)).toEqual(endpoint));
});

describe('hardware', () => {
  it('is this machine’s', async () => {
    const { cpus, ramTotalMb, instructionSet } = await measureHardware();
    expect(cpus[0]!.threads).toBeGreaterThan(0);
    expect(INSTRUCTION_SETS).toContain(instructionSet);
    expect(ramTotalMb).toBeGreaterThan(100);
  });

  it('reaches the class of its largest GPU, if it can train on one', () => {
    const gpu = (vramMb: number) => ({ deviceId: 0, name: 'x', vramMb, cudaVersion: '12.4' });
    const machine = { gpus: [gpu(8192), gpu(24_564)] };
    expect(ownDeviceClasses(machine, true)).toEqual(['cuda.24g', 'cuda.16g', 'cuda.8g', 'cpu']);
    expect(ownDeviceClasses(machine, false)).toEqual(['cpu']);
    expect(ownDeviceClasses({ gpus: [gpu(2_048)] }, true)).toEqual(['cpu']);
    expect(servedClasses('cuda.24g')).toEqual(['cuda.24g', 'cuda.16g', 'cuda.8g']);
    expect(servedClasses('cpu')).toEqual(['cpu']);
  });
});

it('a process mark is the same for one life and absent after it', () => {
  expect(processMark(process.pid)).toBe(processMark(process.pid));
  expect(processMark(2 ** 22 + 12_345)).toBeUndefined();
});

it('the tail of a progress file leaves out what is half-written and gives every line once', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tail-'));
  const path = join(dir, 'progress.jsonl');
  const line = (sequence: number): string =>
    `${JSON.stringify({ sequence, at: 'now', epoch: 1, epochs: 1, step: sequence, steps: 9, loss: 1, accuracy: 1, samplesPerSecond: 1 })}\n`;
  const tail = new ProgressTail(path, 1);
  const read = (): number[] => tail.read().map(({ sequence }) => sequence);
  expect(read()).toEqual([]);
  writeFileSync(path, line(1) + line(2) + line(3).slice(0, 10));
  expect(read()).toEqual([2]);
  appendFileSync(path, line(3).slice(10) + line(4));
  expect(read()).toEqual([3, 4]);
  expect(read()).toEqual([]);
  rmSync(dir, { recursive: true });
});
