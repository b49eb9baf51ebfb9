import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';
import { runName, sameRun, type RunKey } from './run-key.ts';

/** How long an accepted claim may wait for its `startTraining` before the node offers itself again. */
const CLAIM_WITHOUT_START_MS = 20_000;

/**
 * The node's one slot. From an accepted claim to the end of its run nobody else gets it, and while it is held no
 * capability queue is polled at all: an idle-looking poll of a busy node would swallow offers meant for others.
 */
export interface NodeSlot {
  /** What holds the slot now. */
  holder(): RunKey | undefined;
  /** Takes the slot for a claim; false where another run has it. It lapses unless `start` follows in time. */
  claim(key: RunKey): boolean;
  /** Takes or confirms the slot for a run; false where another run has it. */
  start(key: RunKey): boolean;
  /** Gives the slot back, if this run has it. */
  release(key: RunKey): void;
  /** An activity works on this run until it calls what it gets. */
  attend(key: RunKey): () => void;
  /** For how long the holder has had no activity; 0 while it has one or nothing is held. */
  unattendedForMs(): number;
  /** A slot supplier for one claim worker. Each capability queue has its own worker, so each needs its own. */
  supplier(): CustomSlotSupplier<ActivitySlotInfo>;
  /**
   * Takes the slot for something that is no job; undefined where a run has it, or something else like this. Until what
   * it gives is called, no offer is taken; a run that the node has already may start.
   */
  reserve(): (() => void) | undefined;
  /** No offer is taken any more, not even one that an open poll brings still; what runs goes on. */
  close(): void;
  /** As `close`, and it drains from now on, whatever the owner wants: this process ends. */
  handBack(): void;
  /** The owner wants this node's work to end, or to go on: while it drains, no offer is taken and what runs is handed back. */
  setDraining(on: boolean): void;
  draining(): boolean;
}

export function createNodeSlot(options: { claimWithoutStartMs?: number } = {}): NodeSlot {
  const claimWithoutStartMs = options.claimWithoutStartMs ?? CLAIM_WITHOUT_START_MS;
  let held: RunKey | undefined;
  // A claim that is repeated after its run began must not let the slot lapse under the run.
  let started = false;
  let lapse: NodeJS.Timeout | undefined;
  let [closed, draining, handsBack] = [false, false, false];
  let unattendedSinceMs = 0;
  const attendance = countAttendance();
  const wakers = new Set<() => void>();

  const wake = (): void => {
    for (const waker of [...wakers]) waker();
  };
  const reservation = createReservation(wake);
  const hold = (key: RunKey): boolean => {
    if (held !== undefined && !sameRun(held, key)) return false;
    if (held === undefined) unattendedSinceMs = Date.now();
    held = key;
    clearTimeout(lapse);
    return true;
  };
  const release = (key: RunKey): void => {
    if (held === undefined || !sameRun(held, key)) return;
    held = undefined;
    started = false;
    clearTimeout(lapse);
    wake();
  };

  return {
    holder: () => held,
    claim(key) {
      // A poll that is out when the slot closes may still bring an offer; nobody would be there to train it.
      if (held === undefined && (closed || reservation.taken())) return false;
      if (!hold(key)) return false;
      if (started) return true;
      lapse = setTimeout(() => release(key), claimWithoutStartMs);
      lapse.unref();
      return true;
    },
    start(key) {
      if (!hold(key)) return false;
      started = true;
      return true;
    },
    release,
    attend(key) {
      return attendance.enter(key, () => {
        if (held !== undefined && sameRun(held, key)) unattendedSinceMs = Date.now();
      });
    },
    unattendedForMs: () => (held === undefined || attendance.has(held) ? 0 : Date.now() - unattendedSinceMs),
    supplier: () => oneAtATime({ mayPoll: () => held === undefined && !reservation.taken() && !closed && !draining, wakers, wake }),
    reserve: () => (held === undefined ? reservation.take() : undefined),
    close: () => void (closed = true),
    handBack: () => void (closed = handsBack = true),
    setDraining(on) {
      draining = on;
      wake();
    },
    draining: () => draining || handsBack,
  };
}

/** Who keeps offers away for a while, one at a time. */
function createReservation(onEnd: () => void): { taken(): boolean; take(): (() => void) | undefined } {
  let taken = false;
  return {
    taken: () => taken,
    take() {
      if (taken) return undefined;
      taken = true;
      return () => {
        taken = false;
        onEnd();
      };
    },
  };
}

interface Attendance {
  /** Gives what is called to leave; `onEmpty` runs when the last one does. */
  enter(key: RunKey, onEmpty: () => void): () => void;
  has(key: RunKey): boolean;
}

/** Activities at work on each run: two at once where a retry meets a slow first try. */
function countAttendance(): Attendance {
  const counts = new Map<string, number>();
  return {
    enter(key, onEmpty) {
      const name = runName(key);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return () => {
        const left = counts.get(name)! - 1;
        if (left > 0) return void counts.set(name, left);
        counts.delete(name);
        onEmpty();
      };
    },
    has: (key) => counts.has(runName(key)),
  };
}

interface SlotState {
  mayPoll(): boolean;
  readonly wakers: Set<() => void>;
  wake(): void;
}

/**
 * One permit a queue. Workers of several queues may poll side by side while the node is idle; should two offers
 * arrive in the same moment, `claim` lets one through and the other is refused at once.
 */
function oneAtATime(state: SlotState): CustomSlotSupplier<ActivitySlotInfo> {
  let out = false;
  const tryReserve = (): SlotPermit | null => {
    if (out || !state.mayPoll()) return null;
    out = true;
    return {};
  };
  return {
    type: 'custom',
    tryReserveSlot: tryReserve,
    reserveSlot: (_context, abortSignal) =>
      new Promise<SlotPermit>((resolve, reject) => {
        const settle = (): void => {
          state.wakers.delete(attempt);
          abortSignal.removeEventListener('abort', onAbort);
        };
        const attempt = (): void => {
          const permit = tryReserve();
          if (permit === null) return;
          settle();
          resolve(permit);
        };
        const onAbort = (): void => {
          settle();
          // The very reason: the SDK logs anything else as a fault of the supplier.
          reject(abortSignal.reason as Error);
        };
        if (abortSignal.aborted) return onAbort();
        abortSignal.addEventListener('abort', onAbort);
        state.wakers.add(attempt);
        attempt();
      }),
    markSlotUsed: () => undefined,
    releaseSlot: () => {
      out = false;
      state.wake();
    },
  };
}
