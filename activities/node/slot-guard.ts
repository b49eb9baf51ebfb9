import { isFenced } from './failure.ts';
import type { NodeLog, PlatformPort } from './ports.ts';
import { runName } from './run-key.ts';
import type { NodeSlot } from './slot.ts';
import type { Supervisor } from './supervisor.ts';

/** A retry is offered within seconds and waits for 8 of them: after this nobody comes back for the run. */
const FORGOTTEN_AFTER_MS = 30_000;

/** After a start: what still trains from the last life of this worker has the slot. */
export function takeSlotForSurvivors(slot: NodeSlot, supervisor: Supervisor): void {
  for (const key of supervisor.live()) slot.start(key);
}

export interface SlotGuardDeps {
  readonly slot: NodeSlot;
  readonly supervisor: Supervisor;
  readonly platform: Pick<PlatformPort, 'acquireLease'>;
  readonly log: NodeLog;
}

/**
 * Frees a slot that no activity works for any more: the workflow moved on while this node could not hear it. A run that
 * still lives is ended only where the platform says that its lease is over; no answer is no reason.
 */
export async function releaseForgotten({ slot, supervisor, platform, log }: SlotGuardDeps, afterMs = FORGOTTEN_AFTER_MS): Promise<void> {
  const key = slot.holder();
  if (key === undefined || slot.unattendedForMs() < afterMs) return;
  if (supervisor.find(key)?.alive() === true) {
    try {
      await platform.acquireLease(key.jobId, key.attempt);
      return;
    } catch (error) {
      if (!isFenced(error)) return;
    }
    log.info({ run: runName(key) }, 'Stops a training whose lease is over');
    await supervisor.suspend(key);
  }
  slot.release(key);
}
