import { toCyxError, CyxError } from '#core/errors/cyx-error';
import type { ErrorCode } from '#core/errors/table';

/** Failures after which nobody knows whether it was done, beside those that the table calls retryable. */
const PERHAPS_DONE: readonly ErrorCode[] = ['DEADLINE_EXCEEDED', 'CANCELLED'];

/** A failure after which it may have been done all the same, with what makes a repeat of it do it once. */
export function repeatable(error: unknown, requestId: string): CyxError {
  const known = toCyxError(error);
  const { code, message, fields, facts, cause } = known;
  if (!known.spec.retryable && !PERHAPS_DONE.includes(code)) return known;
  return new CyxError(code, `${message} It may have been done all the same: repeat it with --request-id ${requestId}, which does it once.`, { fields, facts: { ...facts, requestId }, cause });
}
