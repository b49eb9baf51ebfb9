import { CyxError } from '../errors/cyx-error.ts';

/** SPEC's job states. */
export const JOB_STATES = [
  'CREATED',
  'QUEUED',
  'ESCROWED',
  'ASSIGNED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
] as const;
export type JobState = (typeof JOB_STATES)[number];

export const JOB_EVENTS = [
  'submit',
  'lockEscrow',
  'assignNode',
  'startTraining',
  'complete',
  'fail',
  'cancel',
  'requeue',
] as const;
export type JobEvent = (typeof JOB_EVENTS)[number];

/**
 * The whole machine as data. `requeue` is a node failure after assignment: the escrow stays locked, so the
 * next `lockEscrow` only confirms it.
 */
export const JOB_TRANSITIONS: Readonly<Record<JobState, Partial<Record<JobEvent, JobState>>>> = {
  CREATED: { submit: 'QUEUED', cancel: 'CANCELLED', fail: 'FAILED' },
  QUEUED: { lockEscrow: 'ESCROWED', cancel: 'CANCELLED', fail: 'FAILED' },
  ESCROWED: { assignNode: 'ASSIGNED', cancel: 'CANCELLED', fail: 'FAILED' },
  ASSIGNED: { startTraining: 'RUNNING', requeue: 'QUEUED', cancel: 'CANCELLED', fail: 'FAILED' },
  RUNNING: { complete: 'COMPLETED', requeue: 'QUEUED', cancel: 'CANCELLED', fail: 'FAILED' },
  COMPLETED: {},
  FAILED: {},
  CANCELLED: {},
};

export function isTerminal(state: JobState): boolean {
  return Object.keys(JOB_TRANSITIONS[state]).length === 0;
}

export function canTransition(state: JobState, event: JobEvent): boolean {
  return JOB_TRANSITIONS[state][event] !== undefined;
}

/** The one transition function. An illegal transition is a bug, so it throws instead of being ignored. */
export function transition(state: JobState, event: JobEvent): JobState {
  const next = JOB_TRANSITIONS[state][event];
  if (next === undefined) throw new CyxError('STATE_CONFLICT', `A job that is ${state} can not ${event}`);
  return next;
}
