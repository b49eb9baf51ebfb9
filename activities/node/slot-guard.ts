import type { NodeSlot } from './slot.ts';
import type { Supervisor } from './supervisor.ts';

/** A retry is offered within seconds and waits for 8 of them: after this nobody comes back for the run. */
const FORGOTTEN_AFTER_MS = 30_000;

/** After a start: what still trains from the last life of this worker has the slot. */
export function takeSlotForSurvivors(slot: NodeSlot, supervisor: Supervisor): void {
  for (const key of supervisor.live()) slot.start(key);
}

/** Frees a slot whose run neither lives nor has an activity: the workflow moved on while this node could not hear it. */
export function releaseForgotten(slot: NodeSlot, supervisor: Supervisor, afterMs = FORGOTTEN_AFTER_MS): void {
  const key = slot.holder();
  if (key === undefined || slot.unattendedForMs() < afterMs) return;
  if (supervisor.find(key)?.alive() !== true) slot.release(key);
}
