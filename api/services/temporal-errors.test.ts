import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { fromTemporalError } from './temporal-errors.ts';

const wrapped = (cause: unknown): Error => new Error('the update failed', { cause });
const grpcError = (code: number): Error => Object.assign(new Error('from the server'), { code });

it('says that the workflow engine does not answer, however a deadline shows', () => {
  for (const code of [1, 4, 8, 14]) expect(fromTemporalError(wrapped(grpcError(code)))).toMatchObject({ code: 'UNAVAILABLE' });
});

it('keeps what a workflow said, and leaves everything else as it is', () => {
  expect(fromTemporalError(wrapped(ApplicationFailure.nonRetryable('No.', 'STATE_CONFLICT')))).toMatchObject({ code: 'STATE_CONFLICT', message: 'No.' });
  const unknown = wrapped(grpcError(5));
  expect(fromTemporalError(unknown)).toBe(unknown);
});
