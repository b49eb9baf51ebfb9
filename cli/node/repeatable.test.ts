import { describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { repeatable } from './repeatable.ts';

describe('a failure of what must be done once', () => {
  it.each(['UNAVAILABLE', 'CHAIN_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'] as const)('says after %s how it is repeated', (code) => {
    const told = repeatable(new CyxError(code, 'No answer came.', { facts: { at: '1' } }), 'id-1');
    expect(told).toMatchObject({ code, facts: { at: '1', requestId: 'id-1' } });
    expect(told.message).toMatch(/^No answer came\. .*--request-id id-1/);
  });

  it('says so of what is no error of ours, too, and keeps its cause', () => {
    const cause = new TypeError('terminated');
    expect(repeatable(cause, 'id-2')).toMatchObject({ code: 'INTERNAL', cause, facts: { requestId: 'id-2' } });
  });

  it.each(['INSUFFICIENT_FUNDS', 'ALREADY_EXISTS', 'UNAUTHENTICATED'] as const)('leaves a plain refusal as it is: %s', (code) => {
    const refusal = new CyxError(code, 'No.');
    expect(repeatable(refusal, 'id-3')).toBe(refusal);
  });
});
