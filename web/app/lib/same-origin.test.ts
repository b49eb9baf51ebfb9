import { describe, expect, it } from 'vitest';
import { isCrossSiteWrite } from './same-origin.server.ts';

const PUBLIC = 'https://cyxwiz.example';

function request(method: string, headers: Record<string, string>): Request {
  // Browsers own these header names; a server's Request takes them.
  return new Request('http://127.0.0.1:3000/login', { method, headers });
}

describe('isCrossSiteWrite', () => {
  it.each([
    ['a read from anywhere', 'GET', { origin: 'https://evil.example' }, false],
    ['a form of this address', 'POST', { origin: 'http://127.0.0.1:3000' }, false],
    ['a form of the public address', 'POST', { origin: PUBLIC }, false],
    ['a form of another site', 'POST', { origin: 'https://evil.example' }, true],
    ['a form of a lookalike', 'POST', { origin: 'https://cyxwiz.example.evil.example' }, true],
    ['another port', 'POST', { origin: 'http://127.0.0.1:3001' }, true],
    ['a sandboxed frame', 'POST', { origin: 'null' }, true],
    ['no origin at all', 'POST', {}, true],
    ['no origin, but the browser says ours', 'POST', { 'sec-fetch-site': 'same-origin' }, false],
    ['no origin, and the browser says not', 'DELETE', { 'sec-fetch-site': 'cross-site' }, true],
  ])('%s', (_name, method, headers, expected) => {
    expect(isCrossSiteWrite(request(method, headers), PUBLIC)).toBe(expected);
  });
});
