import { DrizzleQueryError } from 'drizzle-orm';
import { toCyxError } from '#core/errors/cyx-error';

/** Where the edges write what they did. */
export interface EdgeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One line for a refused call; our own faults, and parts that are away, with their cause. */
export function logFailure(log: EdgeLog, error: unknown, fields: object): void {
  const known = toCyxError(error);
  if (known.code === 'INTERNAL' || known !== error) log.error({ ...fields, code: known.code, err: withoutParameters(known.cause ?? known) }, 'call failed');
  else log.info({ ...fields, code: known.code }, 'call refused');
}

/** A failed query quotes its parameters, and wrapped keys and password hashes are among them. */
function withoutParameters(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? (error.cause ?? new Error('a query failed')) : error;
}
