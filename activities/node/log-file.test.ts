import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLogFile } from './log-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-log-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a node’s log', () => {
  it('keeps the newest lines and never grows beyond twice its limit', () => {
    const [path, oldPath] = [join(folder, 'logs', 'a.log'), join(folder, 'logs', 'a.log.1')];
    const log = openLogFile(path, oldPath, 100);
    const lines = Array.from({ length: 100 }, (_, index) => `line ${String(index).padStart(3, '0')}\n`);
    for (const line of lines) log.write(line);
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['a.log', 'a.log.1']);
    const kept = readFileSync(oldPath, 'utf8') + readFileSync(path, 'utf8');
    expect(lines.join('').endsWith(kept)).toBe(true);
    expect(kept.length).toBeGreaterThan(100);
    expect(statSync(path).size).toBeLessThanOrEqual(100 + lines[0]!.length);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('writes on once it can be set aside again', () => {
    const [path, oldPath] = [join(folder, 'c.log'), join(folder, 'c.log.1')];
    mkdirSync(oldPath);
    const log = openLogFile(path, oldPath, 4);
    for (const line of ['one\n', 'lost\n', 'lost\n']) log.write(line);
    rmSync(oldPath, { recursive: true });
    log.write('two\n');
    expect([oldPath, path].map((file) => readFileSync(file, 'utf8'))).toEqual(['one\n', 'two\n']);
  });

  it('goes on where an earlier process stopped', () => {
    const path = join(folder, 'b.log');
    openLogFile(path, `${path}.1`, 100).write('one\n');
    openLogFile(path, `${path}.1`, 100).write('two\n');
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });
});
