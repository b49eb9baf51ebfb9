import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeLog } from './ports.ts';
import type { NodeSlot } from './slot.ts';

const WITHIN_MS = 60_000;
const LOOK_MS = 200;

interface Stopping {
  readonly slot: Pick<NodeSlot, 'holder' | 'handBack'>;
  /** Whoever stops the node does not want to wait for that. */
  readonly atOnce: AbortSignal;
  readonly log: NodeLog;
  readonly withinMs?: number;
  readonly lookMs?: number;
}

/**
 * A node that just left in the middle of a job would cost its owner a tenth of the stake: the platform would ask in vain and
 * take the attempt for one that timed out. Handed back, the job goes on elsewhere from its last step, and nobody is slashed.
 */
export async function handBackOnStop({ slot, atOnce, log, withinMs = WITHIN_MS, lookMs = LOOK_MS }: Stopping): Promise<void> {
  slot.handBack();
  const key = slot.holder();
  if (key === undefined) return;
  log.info({ ...key }, 'Stopping: the job is handed back first, so that nobody is slashed for it. Ctrl-C again to leave at once');
  for (const giveUpAtMs = Date.now() + withinMs; slot.holder() !== undefined; await sleep(lookMs, undefined, { signal: atOnce }).catch(() => undefined)) {
    if (atOnce.aborted) return log.warn({ ...key }, 'Leaves before the job was handed back: unless the node comes back within seconds, the attempt counts as timed out');
    if (Date.now() > giveUpAtMs) return log.warn({ ...key }, 'The job could not be handed back in time: unless the node comes back within seconds, the attempt counts as timed out');
  }
  log.info({ ...key }, 'The job is handed back');
}
