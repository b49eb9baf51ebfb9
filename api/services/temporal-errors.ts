import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { CyxError } from '#core/errors/cyx-error';
import { isErrorCode } from '#core/errors/table';

/** gRPC codes of a Temporal server that says "not now". CANCELLED is a deadline of ours that the server noticed first. */
const NOT_NOW = new Set([1, 4, 8, 14]);

/**
 * What went wrong in a call of Temporal, in our own terms: a workflow's typed failure keeps its code and message, a
 * server that does not answer is UNAVAILABLE, everything else stays as it is.
 */
export function fromTemporalError(error: unknown): unknown {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth += 1) {
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return new CyxError(cause.type, cause.message, { cause: error });
    const grpcCode = (cause as { code?: unknown }).code;
    if (cause instanceof TimeoutFailure || (typeof grpcCode === 'number' && NOT_NOW.has(grpcCode))) {
      return new CyxError('UNAVAILABLE', 'The workflow engine does not answer in time. Try again with the same request id.', { cause: error });
    }
  }
  return error;
}
