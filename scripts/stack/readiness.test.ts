import { describe, expect, it } from 'vitest';
import { readyFacts } from './readiness.ts';

describe('readyFacts', () => {
  it('reads the line of the service that is waited for', () => {
    expect(readyFacts('{"ready":"api","http":"http://127.0.0.1:3000"}', 'api')).toEqual({ ready: 'api', http: 'http://127.0.0.1:3000' });
  });

  it.each(['{"ready":"node"}', '{"ready":"api"', '{"level":30,"msg":"ready"}', 'ready', ''])('passes over %j', (line) => {
    expect(readyFacts(line, 'api')).toBeUndefined();
  });
});
