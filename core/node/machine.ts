import { CyxError } from '../errors/cyx-error.ts';

/** SPEC's node states. Pause, drain and unstaking are flags, not states. */
export const NODE_STATES = ['UNREGISTERED', 'ACTIVE', 'BUSY', 'OFFLINE', 'INACTIVE', 'SLASHED'] as const;
export type NodeState = (typeof NODE_STATES)[number];

export const NODE_EVENTS = [
  'stakeDeposited',
  'jobAssigned',
  'jobEnded',
  'heartbeatLost',
  'heartbeat',
  'silentForAWeek',
  'slashedBelowMinimum',
  'toppedUp',
] as const;
export type NodeEvent = (typeof NODE_EVENTS)[number];

export const NODE_TRANSITIONS: Readonly<Record<NodeState, Partial<Record<NodeEvent, NodeState>>>> = {
  UNREGISTERED: { stakeDeposited: 'ACTIVE' },
  ACTIVE: { jobAssigned: 'BUSY', heartbeatLost: 'OFFLINE', slashedBelowMinimum: 'SLASHED', heartbeat: 'ACTIVE', toppedUp: 'ACTIVE' },
  BUSY: { jobEnded: 'ACTIVE', heartbeatLost: 'OFFLINE', slashedBelowMinimum: 'SLASHED', heartbeat: 'BUSY', toppedUp: 'BUSY' },
  OFFLINE: { heartbeat: 'ACTIVE', silentForAWeek: 'INACTIVE', jobEnded: 'OFFLINE', slashedBelowMinimum: 'SLASHED', toppedUp: 'OFFLINE' },
  INACTIVE: { heartbeat: 'ACTIVE', slashedBelowMinimum: 'SLASHED', toppedUp: 'INACTIVE' },
  SLASHED: { toppedUp: 'ACTIVE', heartbeat: 'SLASHED', jobEnded: 'SLASHED', slashedBelowMinimum: 'SLASHED' },
};

/** OFFLINE after 60 s without a heartbeat, INACTIVE after 7 days. */
export const NODE_OFFLINE_AFTER_MS = 60_000;
export const NODE_INACTIVE_AFTER_MS = 7 * 24 * 3_600_000;
/** The Server Node sends `NodeService.Heartbeat` this often. */
export const NODE_HEARTBEAT_INTERVAL_MS = 30_000;

export function nodeTransition(state: NodeState, event: NodeEvent): NodeState {
  const next = NODE_TRANSITIONS[state][event];
  if (next === undefined) throw new CyxError('STATE_CONFLICT', `A node that is ${state} can not take the event ${event}`);
  return next;
}

/** The one event that leads from a state to another; null where it takes more than one. */
export function eventBetween(from: NodeState, to: NodeState): NodeEvent | null {
  return NODE_EVENTS.find((event) => NODE_TRANSITIONS[from][event] === to) ?? null;
}
