import { expect, it } from 'vitest';
import { parseCyxwiz } from '#core/money/amount';
import { lowStakeWords } from './stake-words.ts';

it('says how much a stake lacks, after a slash and after it was taken back', () => {
  expect(lowStakeWords(parseCyxwiz('75'))).toMatch(/cyxwiz node top-up 25(\.0+)?$/);
  expect(lowStakeWords(0n)).toMatch(/cyxwiz node top-up 100(\.0+)?$/);
});

it('says nothing of one that is enough', () => expect(lowStakeWords(parseCyxwiz('100'))).toBeUndefined());
