import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CyxError } from '../errors/cyx-error.ts';
import { canTransition, isTerminal, JOB_EVENTS, JOB_STATES, JOB_TRANSITIONS, type JobState, transition } from './machine.ts';

function walk(...events: Parameters<typeof transition>[1][]): JobState {
  return events.reduce<JobState>((state, event) => transition(state, event), 'CREATED');
}

describe('job state machine', () => {
  it('goes the way of SPEC', () => {
    expect(walk('submit', 'lockEscrow', 'assignNode', 'startTraining', 'complete')).toBe('COMPLETED');
  });

  it('comes back to QUEUED after a node failure and goes on', () => {
    expect(walk('submit', 'lockEscrow', 'assignNode', 'requeue')).toBe('QUEUED');
    expect(walk('submit', 'lockEscrow', 'assignNode', 'startTraining', 'requeue', 'lockEscrow', 'assignNode')).toBe('ASSIGNED');
  });

  it('can be cancelled and can fail in every state that is not an end', () => {
    for (const state of JOB_STATES.filter((candidate) => !isTerminal(candidate))) {
      expect(transition(state, 'cancel')).toBe('CANCELLED');
      expect(transition(state, 'fail')).toBe('FAILED');
    }
  });

  it('has exactly three ends', () => {
    expect(JOB_STATES.filter(isTerminal)).toEqual(['COMPLETED', 'FAILED', 'CANCELLED']);
  });

  it('pays only for a job that ran, and throws on everything that is not in the table', () => {
    for (const state of JOB_STATES) {
      expect(canTransition(state, 'complete')).toBe(state === 'RUNNING');
      for (const event of JOB_EVENTS) {
        const next = JOB_TRANSITIONS[state][event];
        if (next === undefined) expect(() => transition(state, event)).toThrow(CyxError);
        else expect(transition(state, event)).toBe(next);
      }
    }
  });

  it('never leaves an end, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...JOB_EVENTS), { maxLength: 40 }), (events) => {
        let state: JobState = 'CREATED';
        let ended: JobState | undefined;
        for (const event of events) {
          if (canTransition(state, event)) state = transition(state, event);
          if (ended !== undefined) expect(state).toBe(ended);
          if (isTerminal(state)) ended = state;
        }
      }),
    );
  });
});
