import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeLog } from './ports.ts';
import type { NodeSlot } from './slot.ts';

const LOOK_MS = 1_000;

interface Leaving {
  /** Somebody wants this process to leave once nothing is left to hand back. */
  readonly mayLeave: () => boolean;
  readonly heartbeat: () => Promise<void>;
  readonly slot: Pick<NodeSlot, 'draining' | 'holder'>;
  readonly signal: AbortSignal;
  readonly log: NodeLog;
}

/**
 * Resolves once the node is told to stop, or drains, holds nothing and may leave. Whoever wants it to leave need
 * not wait for its next heartbeat, with which it hears that it is to drain.
 */
export async function untilDrainedAndIdle({ mayLeave, heartbeat, slot, signal, log }: Leaving, lookMs = LOOK_MS): Promise<'drained' | 'stopped'> {
  for (let asked = false; !signal.aborted; await sleep(lookMs, undefined, { signal }).catch(() => undefined)) {
    if (!mayLeave()) {
      asked = false;
      continue;
    }
    if (!asked) await heartbeat().catch((error: unknown) => log.warn({ err: error }, 'The node heartbeat failed'));
    asked = true;
    if (!slot.draining() || slot.holder() !== undefined) continue;
    log.info({}, 'Drained: nothing is left to hand back, so this node leaves');
    return 'drained';
  }
  return 'stopped';
}
