import { expect, it } from 'vitest';
import { endingOfStop } from './ending.ts';

it('tells a cancelled job from a late one, and a late one from one that nobody took', () => {
  expect(endingOfStop('CANCELLED_BY_USER', true)).toEqual({ event: 'cancel', endReason: 'CANCELLED_BY_USER' });
  expect(endingOfStop('CANCELLED_BY_OPERATOR', false)).toEqual({ event: 'cancel', endReason: 'CANCELLED_BY_OPERATOR' });
  expect(endingOfStop('DEADLINE_PASSED', true)).toEqual({ event: 'fail', endReason: 'DEADLINE_PASSED' });
  expect(endingOfStop('DEADLINE_PASSED', false)).toEqual({ event: 'fail', endReason: 'NO_NODE_IN_TIME' });
});
