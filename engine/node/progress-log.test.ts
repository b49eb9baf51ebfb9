import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHILD_FILES, readChildInfo, readProgress, readTrainingResult } from './child-contract.ts';
import { ProgressLog } from './progress-log.ts';

const progress = { epoch: 1, epochs: 2, step: 3, steps: 4, loss: 0.5, accuracy: 0.25, samplesPerSecond: 100, etaMs: 5, deviceShare: 0.5 };

let workDir: string;
let file: string;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'cyxwiz-progress-'));
  file = join(workDir, CHILD_FILES.progress);
});
afterEach(() => rmSync(workDir, { recursive: true, force: true }));

function append(times: number): void {
  const log = new ProgressLog(file);
  for (let i = 0; i < times; i++) log.append(progress);
  log.close();
}

describe('ProgressLog', () => {
  it('numbers its lines on over restarts', () => {
    append(2);
    append(0);
    append(3);
    expect(readProgress(workDir).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(readProgress(workDir, 3).map(({ sequence }) => sequence)).toEqual([4, 5]);
  });

  it('drops the line that a killed process left half-written', () => {
    append(2);
    appendFileSync(file, '{"sequence":3,"at":"20');
    expect(readProgress(workDir)).toHaveLength(2);
    append(1);
    expect(readProgress(workDir).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(readFileSync(file, 'utf8')).not.toContain('"at":"20{');
  });

  it('starts over a file that holds nothing but half a line', () => {
    writeFileSync(file, '{"seq');
    append(1);
    expect(readProgress(workDir)).toMatchObject([{ sequence: 1, ...progress }]);
  });
});

describe('reading a work directory', () => {
  it('knows nothing of one that is empty', () => {
    expect(readProgress(workDir)).toEqual([]);
    expect(readTrainingResult(workDir)).toBeUndefined();
    expect(readChildInfo(workDir)).toBeUndefined();
  });

  it('refuses a result that is not one', () => {
    writeFileSync(join(workDir, CHILD_FILES.result), '{"ok":true,"modelFile":"m"}');
    expect(() => readTrainingResult(workDir)).toThrow(/commitmentHex/);
    writeFileSync(join(workDir, CHILD_FILES.result), '{"ok":false,"code":"NO_SUCH_CODE","message":"m"}');
    expect(() => readTrainingResult(workDir)).toThrow(/code/);
  });
});
