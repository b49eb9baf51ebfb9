import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/**
 * Retry classes. Errors that can never succeed are non-retryable ApplicationFailures already (core/errors), so every
 * class retries whatever is left.
 */

/** Our own database, milliseconds: a local activity saves a round trip and history. */
export const DATABASE: LocalActivityOptions = {
  startToCloseTimeout: '10 s',
  localRetryThreshold: '30 s',
  retry: { initialInterval: '100 ms', backoffCoefficient: 2, maximumInterval: '10 s' },
};

/**
 * One check-then-act step on the chain. It is never cut short: a transaction that was sent may still land. It beats
 * (activities/platform/heartbeats.ts), so that one whose worker died is taken up again in seconds.
 */
export const CHAIN: ActivityOptions = {
  startToCloseTimeout: '2 min',
  heartbeatTimeout: '10 s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '250 ms', backoffCoefficient: 2, maximumInterval: '15 s' },
};

/** An offer to whichever idle node takes it: a refusal is retried soon, so that another node is asked. */
export const CLAIM: ActivityOptions = {
  startToCloseTimeout: '15 s',
  cancellationType: 'TRY_CANCEL',
  retry: { initialInterval: '500 ms', backoffCoefficient: 1.5, maximumInterval: '5 s' },
};

/** Work on the node that holds the job. Lost heartbeats are retried: the node's supervisor re-attaches. */
export const NODE_RUN: ActivityOptions = {
  heartbeatTimeout: '10 s',
  scheduleToStartTimeout: '4 s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '500 ms', backoffCoefficient: 1.5, maximumInterval: '5 s' },
};

/** Held-out evaluation by a verifier, as runs of earlier versions ask for it. */
export const VERIFY: ActivityOptions = {
  startToCloseTimeout: '30 min',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '30 s' },
};

/**
 * One verifier's opinion. Its time limits follow from the training's, so they are given with the call. A verifier that may
 * not answer fails retryably, so retries are quick; one that died is noticed by its silence.
 */
export const OPINION: ActivityOptions = {
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 1.5, maximumInterval: '10 s' },
};

/** A record of what is done already: worth some patience, and no more. */
export const RECEIPT: ActivityOptions = {
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '2 min',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '15 s' },
};
