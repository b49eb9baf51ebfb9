import { describe, expect, it } from 'vitest';
import { JOB_STATES } from '#core/job/machine';
import { accountWords, directionFor, escrowOutlook, stakeOutlook, totalBase } from './money-words.ts';

const ME = '7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU';

describe('accountWords', () => {
  it.each([
    [`wallet:${ME}`, 'your wallet'],
    ['wallet:9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM', 'wallet 9WzD…AWWM'],
    ['escrow:9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM', 'escrow 9WzD…AWWM'],
    ['platform', 'the platform'],
    ['outside', 'somebody outside of CyxWiz'],
    ['something-new', 'something-new'],
  ])('%s reads as %s', (account, words) => {
    expect(accountWords(account, ME).replaceAll('\u2060', '')).toBe(words);
  });
});

describe('directionFor', () => {
  it('is seen from the reader’s own wallet', () => {
    expect(directionFor({ from: `wallet:${ME}`, to: 'escrow:x' }, ME)).toBe('out');
    expect(directionFor({ from: 'escrow:x', to: `wallet:${ME}` }, ME)).toBe('in');
    expect(directionFor({ from: 'escrow:x', to: 'platform' }, ME)).toBeNull();
    expect(directionFor({ from: `wallet:${ME}`, to: 'escrow:x' }, null)).toBeNull();
  });
});

describe('escrowOutlook', () => {
  it('says of a retry that its tokens are still locked', () => {
    expect(escrowOutlook({ state: 'QUEUED', attempt: 0 })).toMatch(/^Just locked/);
    expect(escrowOutlook({ state: 'QUEUED', attempt: 2 })).toMatch(/^Attempt 2 did not work out\. The tokens stay locked/);
    expect(escrowOutlook({ state: 'ESCROWED', attempt: 1 })).toBe('Waits for a node.');
    expect(escrowOutlook({ state: 'ESCROWED', attempt: 2 })).toMatch(/another node/);
  });

  it('has a sentence for every state', () => {
    for (const state of JOB_STATES) expect(escrowOutlook({ state, attempt: 1 }), state).toMatch(/\.$/);
  });
});

describe('stakeOutlook', () => {
  const node = { state: 'ACTIVE', stakeBase: '100000000000', banned: false, unstaking: false } as const;

  it.each([
    [node, /10 % of it, a wrong result 25 %/],
    [{ ...node, state: 'SLASHED', stakeBase: '99999999999' }, /topped up/],
    [{ ...node, state: 'UNREGISTERED', stakeBase: '0' }, /Nothing is staked yet/],
    [{ ...node, unstaking: true }, /7 days/],
    [{ ...node, state: 'SLASHED', stakeBase: '0', banned: true }, /Banned/],
  ] as const)('%o', (stake, words) => {
    expect(stakeOutlook(stake)).toMatch(words);
  });
});

it('adds amounts up without losing a base unit', () => {
  expect(totalBase(['18446744073709551615', '1'])).toBe('18446744073709551616');
  expect(totalBase([])).toBe('0');
});
