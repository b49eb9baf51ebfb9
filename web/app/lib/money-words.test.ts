import { describe, expect, it } from 'vitest';
import { accountWords, directionFor } from './money-words.ts';

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
