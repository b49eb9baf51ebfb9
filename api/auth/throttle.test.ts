import { expect, it } from 'vitest';
import { createThrottle } from './throttle.ts';

const three = { calls: 3, windowMs: 60_000 };
const refusal = (seconds: number): unknown => expect.objectContaining({ code: 'RATE_LIMITED', facts: { retryAfterSeconds: String(seconds) } });

it('lets so many calls through, says how long to wait, and lets the next through after that', () => {
  let nowMs = 0;
  const throttle = createThrottle(() => nowMs);
  for (let call = 0; call < 3; call += 1) throttle.take([['a', three]]);
  expect(() => throttle.take([['a', three]])).toThrow(refusal(20));
  throttle.take([['b', three]]);
  nowMs = 19_000;
  expect(() => throttle.take([['a', three]])).toThrow(refusal(1));
  nowMs = 20_000;
  throttle.take([['a', three]]);
  expect(() => throttle.take([['a', three]])).toThrow(refusal(20));
});

it('takes nothing anywhere where one bucket is empty', () => {
  const throttle = createThrottle(() => 0);
  for (let call = 0; call < 3; call += 1) throttle.take([['full', three]]);
  for (let call = 0; call < 9; call += 1) expect(() => throttle.take([['full', three], ['other', three]])).toThrow(refusal(20));
  for (let call = 0; call < 3; call += 1) throttle.take([['other', three]]);
});

it('forgets the keys that were used longest ago before it holds too many', () => {
  const throttle = createThrottle(() => 0);
  for (let call = 0; call < 3; call += 1) throttle.take([['old', three]]);
  for (let key = 0; key < 20_000; key += 1) throttle.take([[`key-${key}`, three]]);
  throttle.take([['old', three]]);
});
