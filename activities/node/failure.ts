import { ApplicationFailure } from '@temporalio/common';
import type { Context } from '@temporalio/activity';
import { CyxError } from '#core/errors/cyx-error';

/**
 * What the workflow gets to see. TRAINING_FAILED is worth another node, never another try here: the supervisor has
 * tried as often as makes sense and would say the same again.
 */
export function toFailure(error: unknown): Error {
  if (!(error instanceof CyxError)) return error instanceof Error ? error : new Error(String(error));
  const nonRetryable = !error.spec.retryable || error.code === 'TRAINING_FAILED';
  return ApplicationFailure.create({ type: error.code, message: error.message, nonRetryable, cause: error });
}

/** Whether an activity that failed so is over for good, as against being tried again. */
export function isFinal(failure: unknown): boolean {
  return failure instanceof ApplicationFailure && failure.nonRetryable === true;
}

/** The platform gave the attempt to somebody else, or closed it: no lease of this key ever comes back. */
export function isFenced(error: unknown): boolean {
  return error instanceof CyxError && error.code === 'FENCED';
}

/**
 * Only a cancellation that somebody asked for ends a training. A time-out, an unknown activity or a worker that shuts
 * down say something about the way to the platform, nothing about the job.
 */
export function wasCancelledByRequest(context: Context): boolean {
  return context.cancellationDetails?.cancelRequested === true;
}
