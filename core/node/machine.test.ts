import { describe, expect, it } from 'vitest';
import { eventBetween, NODE_EVENTS, NODE_STATES, NODE_TRANSITIONS, nodeTransition } from './machine.ts';
import { isReliable, successRateBps } from './reputation.ts';

describe('node state machine', () => {
  it('is ACTIVE with a stake, BUSY with a job, OFFLINE in silence and back with a heartbeat', () => {
    expect(nodeTransition('UNREGISTERED', 'stakeDeposited')).toBe('ACTIVE');
    expect(nodeTransition('ACTIVE', 'jobAssigned')).toBe('BUSY');
    expect(nodeTransition('BUSY', 'jobEnded')).toBe('ACTIVE');
    expect(nodeTransition('BUSY', 'heartbeatLost')).toBe('OFFLINE');
    expect(nodeTransition('OFFLINE', 'heartbeat')).toBe('ACTIVE');
    expect(nodeTransition('OFFLINE', 'silentForAWeek')).toBe('INACTIVE');
  });

  it('gives a slashed node no job until it tops up', () => {
    expect(() => nodeTransition('SLASHED', 'jobAssigned')).toThrow();
    expect(nodeTransition('SLASHED', 'heartbeat')).toBe('SLASHED');
    expect(nodeTransition('SLASHED', 'toppedUp')).toBe('ACTIVE');
  });

  it('knows the one event between two states', () => {
    expect(eventBetween('ACTIVE', 'BUSY')).toBe('jobAssigned');
    expect(eventBetween('SLASHED', 'ACTIVE')).toBe('toppedUp');
    expect(eventBetween('BUSY', 'INACTIVE')).toBeNull();
  });

  it('throws on every event that is not in the table', () => {
    for (const state of NODE_STATES) {
      for (const event of NODE_EVENTS.filter((candidate) => NODE_TRANSITIONS[state][candidate] === undefined)) {
        expect(() => nodeTransition(state, event)).toThrow(/can not take/);
      }
    }
  });
});

describe('reputation', () => {
  it('needs a history before a node is reliable', () => {
    expect(successRateBps({ totalJobs: 0, successful: 0 })).toBe(0);
    expect(isReliable({ totalJobs: 4, successful: 4 })).toBe(false);
    expect(isReliable({ totalJobs: 5, successful: 5 })).toBe(true);
    expect(isReliable({ totalJobs: 100, successful: 94 })).toBe(false);
  });
});
