import { expect, it } from 'vitest';
import { createAttempts } from './attempts.ts';
import { createThrottle } from './throttle.ts';

const frozen = () => createAttempts(createThrottle(() => 0));
const RATE_LIMITED = expect.objectContaining({ code: 'RATE_LIMITED' });

function allowed(call: (index: number) => void): number {
  for (let index = 0; ; index += 1) {
    try {
      call(index);
    } catch (error) {
      expect(error).toEqual(RATE_LIMITED);
      return index;
    }
  }
}

it('bounds logins of one person, of one account from everywhere, and of one address', () => {
  const attempts = frozen();
  expect(allowed(() => attempts.login('Alice', '203.0.113.1'))).toBe(30);
  attempts.login('alice', '203.0.113.2');
  expect(() => attempts.login('ALICE', '203.0.113.1')).toThrow(RATE_LIMITED);
  const spread = frozen();
  expect(allowed((index) => spread.login('alice', `203.0.113.${index}`))).toBe(120);
  const spray = frozen();
  expect(allowed((index) => spray.login(`user-${index}`, '203.0.113.1'))).toBe(120);
});

it('bounds registrations of an address, with more room on the machine itself', () => {
  for (const [address, count] of [['203.0.113.1', 60], ['127.0.0.1', 600], ['::ffff:127.0.0.1', 600], ['::1', 600], [undefined, 60]] as const) {
    const attempts = frozen();
    expect(allowed(() => attempts.registration(address))).toBe(count);
  }
});
