import { expect, it } from 'vitest';
import { parseCyxwiz } from '../money/amount.ts';
import { deletionBlockers } from './deletion.ts';

const free = { openJobs: 0, lockedBase: 0n, stakeBase: 0n, hasWallet: true };

it('an account that nothing ties can go', () => {
  expect(deletionBlockers(free)).toEqual([]);
});

it.each([
  [{ openJobs: 1 }, /^A job of yours has not ended/],
  [{ openJobs: 3 }, /^3 jobs of yours have not ended/],
  [{ lockedBase: parseCyxwiz('50') }, /^50\S* CYXWIZ are locked/],
  [{ stakeBase: parseCyxwiz('100') }, /^100\S* CYXWIZ are staked/],
  [{ hasWallet: false }, /still being set up/],
])('%o is named', (tie, message) => {
  expect(deletionBlockers({ ...free, ...tie })).toEqual([expect.stringMatching(message)]);
});

it('all that ties is named at once', () => {
  expect(deletionBlockers({ openJobs: 1, lockedBase: 1n, stakeBase: 1n, hasWallet: false })).toHaveLength(4);
});
