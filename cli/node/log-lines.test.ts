import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog } from './log-lines.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'node-logs-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (...lines: string[]): void => appendFileSync(join(dir, 'node.log'), lines.map((line) => `${line}\n`).join(''));

describe('reading a node’s log', () => {
  it('begins with the last lines, also of the log that was set aside, and leaves out what is half written', () => {
    writeFileSync(join(dir, 'node.log.1'), 'one\ntwo\n');
    write('three');
    appendFileSync(join(dir, 'node.log'), 'fou');
    const log = openLog(dir);
    expect(log.last(2)).toEqual(['two', 'three']);
    log.close();
    expect(openLog(dir).last(0)).toEqual([]);
  });

  it('goes on with new lines, each once, over a log that is set aside, and where there is none yet', async () => {
    const log = openLog(dir);
    expect(log.last(10)).toEqual([]);
    const stop = new AbortController();
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of log.follow(stop.signal)) {
        lines.push(line);
        if (line === 'one') {
          write('two');
          renameSync(join(dir, 'node.log'), join(dir, 'node.log.1'));
          write('three');
        }
        if (line === 'three') stop.abort();
      }
    })();
    write('one');
    await reading;
    log.close();
    expect(lines).toEqual(['one', 'two', 'three']);
  });
});
