import { measuredCapabilitySchema, type MeasuredCapability } from '../hardware/challenge/task.ts';

const HOUR_MS = 3_600_000;

/** A challenge comes again after a time that nobody can foresee, between these two. */
const AGAIN_AFTER_MS = { least: 12 * HOUR_MS, most: 36 * HOUR_MS };
/** A node that is asked to show again what it can do has so long for it before it takes no job any more. */
export const CHALLENGE_GRACE_MS = 10 * 60_000;
/** So recent a challenge has to be that a machine is registered with. */
export const CHALLENGE_FRESH_MS = 15 * 60_000;

/**
 * `shown`: by its last challenge. `due`: asked to show it again. `overdue`: it did not in time. `unshown`: it never did, or
 * failed the last time. In the last two it takes no job.
 */
export type Standing = 'shown' | 'due' | 'overdue' | 'unshown';

/** As the node's row has it; what is stored of before there were challenges, or by another version, shows nothing. */
export function measuredOf({ measured }: { readonly measured: unknown }): MeasuredCapability | null {
  return measuredCapabilitySchema.safeParse(measured).data ?? null;
}

export function standingOf(node: { readonly measured: unknown; readonly challengeDueAt: Date | null }, nowMs: number): Standing {
  if (measuredOf(node) === null) return 'unshown';
  const dueAtMs = node.challengeDueAt?.getTime() ?? Infinity;
  if (nowMs < dueAtMs) return 'shown';
  return nowMs < dueAtMs + CHALLENGE_GRACE_MS ? 'due' : 'overdue';
}

/** Why a node may not take a job; null where it may. */
export function capabilityRefusal(standing: Standing): string | null {
  if (standing === 'overdue') return 'the node has to show again what it can do';
  if (standing === 'unshown') return 'the node has not shown what it can do';
  return null;
}

/** @param random a fraction below 1. */
export function nextChallengeAt(nowMs: number, random: number): Date {
  return new Date(nowMs + AGAIN_AFTER_MS.least + random * (AGAIN_AFTER_MS.most - AGAIN_AFTER_MS.least));
}
