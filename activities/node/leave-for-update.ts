import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appFolderOf } from '#core/node/installation';
import type { NodeSlot } from './slot.ts';

const LOOK_MS = 2_000;

/** Whether another version than the one that this file is of is to be started next; undefined where versions are not kept so. */
export function newerVersionWaits(ownFile: string): (() => boolean) | undefined {
  const own = appFolderOf(ownFile);
  if (own === undefined) return undefined;
  return () => {
    try {
      return basename(readlinkSync(join(own.app, 'current'))) !== own.version;
    } catch {
      // Nobody switches to a version that is not there.
      return false;
    }
  };
}

/**
 * Resolves once the node is told to stop, or a newer version waits and it has nothing in hand; then it takes nothing any more. A job that runs is
 * never interrupted for it, and its process keeps the files that it began with.
 */
export async function untilUpdateAndIdle(options: { waits: () => boolean; slot: Pick<NodeSlot, 'holder' | 'close'>; signal: AbortSignal; lookMs?: number }): Promise<'updated' | 'stopped'> {
  const { waits, slot, signal, lookMs = LOOK_MS } = options;
  while (!signal.aborted) {
    if (slot.holder() === undefined && waits()) {
      slot.close();
      return 'updated';
    }
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
  return 'stopped';
}
