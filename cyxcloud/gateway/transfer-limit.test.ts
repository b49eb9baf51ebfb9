import { expect, it } from 'vitest';
import { createTransferLimit } from './transfer-limit.ts';
import type { StorageActor } from './types.ts';

const user = (subject: string): StorageActor => ({ subject, role: 'user' });
const refusal = { code: 'RATE_LIMITED', facts: { retryAfterSeconds: '5' } };

function held(): { work: () => Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { work: () => ended, end };
}

it('gives one subject 16 transfers at a time, and its place back when one ends, however it ends', async () => {
  const limit = createTransferLimit();
  const { work, end } = held();
  const running = Array.from({ length: 15 }, () => limit.run(user('alice'), work));
  await expect(limit.run(user('alice'), () => Promise.reject(new Error('hung up')))).rejects.toThrow('hung up');
  running.push(limit.run(user('alice'), work));
  await expect(limit.run(user('alice'), work)).rejects.toMatchObject(refusal);
  expect(await limit.run(user('bob'), () => Promise.resolve('other people go on'))).toBe('other people go on');
  end();
  await Promise.all(running);
  expect(await limit.run(user('alice'), () => Promise.resolve('again'))).toBe('again');
});

it('takes 64 together, and the platform beyond that', async () => {
  const limit = createTransferLimit();
  const { work, end } = held();
  const running = Array.from({ length: 64 }, (_, index) => limit.run(user(`user-${index % 8}`), work));
  await expect(limit.run(user('one-more'), work)).rejects.toMatchObject(refusal);
  expect(await limit.run({ subject: 'platform-verifier', role: 'platform' }, () => Promise.resolve('checked'))).toBe('checked');
  end();
  await Promise.all(running);
});
