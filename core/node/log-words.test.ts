import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { forReader, logWords } from './log-words.ts';

describe('a line for people', () => {
  it.each([
    ['{"level":30,"time":0,"pid":1,"hostname":"h","deviceClass":"cpu","msg":"Measured this machine"}', '1970-01-01T00:00:00.000Z INFO  Measured this machine deviceClass=cpu'],
    ['{"level":40,"time":0,"err":{"type":"Error","message":"no way","stack":"at …"},"msg":"It failed"}', '1970-01-01T00:00:00.000Z WARN  It failed err="no way"'],
    ['no JSON at all', 'no JSON at all'],
  ])('%s', (line, words) => expect(logWords(line)).toBe(words));
});

describe('a log that is read as it is written', () => {
  const written = (isTerminal: boolean): string => {
    const lines: string[] = [];
    pino({}, forReader({ write: (line) => void lines.push(line) }, isTerminal)).warn({ deviceClass: 'cpu' }, 'This machine did not pass');
    return lines.join('');
  };

  it('is words on a terminal', () => expect(written(true)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}This machine did not pass deviceClass=cpu\n$/));

  it('is JSON for anything else', () => expect(JSON.parse(written(false))).toMatchObject({ level: 40, deviceClass: 'cpu', msg: 'This machine did not pass' }));
});
