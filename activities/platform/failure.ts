import { ApplicationFailure } from '@temporalio/common';
import { toCyxError } from '#core/errors/cyx-error';

type Activities = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/**
 * Turns what activities throw into Temporal failures: the error table decides whether a retry can help. This is the
 * one place where it happens, so that activities throw CyxErrors and nothing else.
 */
export function asActivities<T extends { [K in keyof T]: (...args: never[]) => Promise<unknown> }>(activities: T): T {
  const wrapped = Object.entries(activities as unknown as Activities).map(([name, run]) => [
    name,
    async (...args: never[]) => {
      try {
        return await run(...args);
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

function toFailure(error: unknown): unknown {
  // Temporal's own failures (cancellation, an ApplicationFailure made on purpose) already say what they mean.
  if (error instanceof Error && (error.name === 'CancelledFailure' || error instanceof ApplicationFailure)) return error;
  const known = toCyxError(error);
  return ApplicationFailure.create({
    type: known.code,
    // Operators read these, and see what broke behind it.
    message: known !== error && error instanceof Error ? `${error.name}: ${error.message}` : known.message,
    nonRetryable: !known.spec.retryable,
    details: [{ facts: known.facts }],
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
