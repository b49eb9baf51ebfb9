import type { OwnNodeView } from '#api/services/machine-types';
import { MIN_STAKE_BASE } from '#core/money/split';

type Facts = Pick<OwnNodeView, 'banned' | 'paused' | 'draining' | 'maintenance' | 'unstaking' | 'stakeBase' | 'capability' | 'isVerifiable'>;

/** What keeps a node from jobs beside what its owner said: it has to show what it can do, or nobody would verify it. */
export function capabilityWords({ capability, isVerifiable }: Pick<Facts, 'capability' | 'isVerifiable'>): string[] {
  return [
    ...(capability === 'overdue' ? ['has to show again what it can do'] : []),
    ...(capability === 'unshown' ? ['has not shown what it can do'] : []),
    ...(isVerifiable ? [] : ['nobody verifies its results now']),
  ];
}

/** Every reason for which a node gets no new job; of a ban only that. */
export function noJobWords(node: Facts): string[] {
  if (node.banned) return ['banned'];
  return [
    ...(node.paused ? ['paused'] : []),
    ...(node.draining ? ['draining'] : []),
    ...(node.maintenance ? ['maintenance'] : []),
    ...(node.unstaking ? ['unstaking'] : []),
    ...(node.stakeBase < MIN_STAKE_BASE ? ['its stake is below 100 CYXWIZ'] : []),
    ...capabilityWords(node),
  ];
}

/** What is so once something that kept a node from jobs has ended. */
export function afterEnding(ended: string, node: Facts): string {
  const still = noJobWords(node);
  return still.length === 0 ? 'The node takes jobs again.' : `${ended}, but the node still gets no jobs: ${still.join('; ')}.`;
}
