import { request } from 'node:http';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';

let platform: AccountPlatform;
beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
}, 60_000);
afterAll(() => platform.close());

/** Sends without saying how long it is. */
function chunked(path: string, pieces: readonly string[]): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(platform.url + path, { method: 'POST', headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sending.on('error', reject);
    for (const piece of pieces) sending.write(piece);
    sending.end();
  });
}

it('a body of unknown length is read whole, up to the limit', async () => {
  const text = JSON.stringify(newPerson());
  expect((await chunked('/api/auth/register', [text.slice(0, 10), text.slice(10)])).status).toBe(201);
  const large = await chunked('/api/auth/register', ['{"email":"', ...Array.from({ length: 20 }, () => 'a'.repeat(65_536)), '"}']);
  expect([large.status, (JSON.parse(large.text) as { code: string }).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
});

it('a DELETE without a body is no failure of ours', async () => {
  expect((await platform.call('DELETE', '/api/api-keys/x')).status).toBe(401);
});
