import { expect, it } from 'vitest';
import { idOfTheSame } from './form-request-id.ts';

const formWith = (requestId?: string): FormData => {
  const form = new FormData();
  if (requestId !== undefined) form.set('requestId', requestId);
  return form;
};

it('keeps the id of a form that may have gone through after all', () => {
  for (const code of ['UNAVAILABLE', 'INSUFFICIENT_FUNDS', 'INVALID_INPUT']) expect(idOfTheSame(formWith('id-1'), { code })).toEqual({ requestId: 'id-1' });
});

it('gives up an id that stands for another amount, and makes none up', () => {
  expect(idOfTheSame(formWith('id-1'), { code: 'ALREADY_EXISTS' })).toEqual({});
  expect(idOfTheSame(formWith(), { code: 'UNAVAILABLE' })).toEqual({});
});
