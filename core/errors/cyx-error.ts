import { isOutage } from './outage.ts';
import { ERRORS, type ErrorCode, type ErrorSpec } from './table.ts';

/** One field of the input that is at fault; `path` is dotted (`nodes.2.params.filters`). */
export interface FieldViolation {
  readonly path: string;
  readonly message: string;
}

export interface CyxErrorOptions {
  readonly fields?: readonly FieldViolation[];
  /** Small, public facts for programs (`{ requiredBase: '50000000000' }`). Never secrets. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The only error type that may cross an edge. `message` tells the person what happened and what to do. */
export class CyxError extends Error {
  override readonly name = 'CyxError';
  readonly code: ErrorCode;
  readonly fields: readonly FieldViolation[];
  readonly facts: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: CyxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? [];
    this.facts = options.facts ?? {};
  }

  get spec(): ErrorSpec {
    return ERRORS[this.code];
  }
}

/** Anything thrown, as a CyxError: a part that is away is UNAVAILABLE, all else INTERNAL. The cause is kept, not its text. */
export function toCyxError(error: unknown): CyxError {
  if (error instanceof CyxError) return error;
  if (isOutage(error)) return new CyxError('UNAVAILABLE', 'A part of the platform does not answer just now. Try again in a moment.', { cause: error });
  return new CyxError('INTERNAL', 'Something broke on our side. Try again; if it happens again, tell us the request id.', {
    cause: error,
  });
}

export function assertNever(value: never): never {
  throw new CyxError('INTERNAL', `Unexpected value: ${JSON.stringify(value)}`);
}
