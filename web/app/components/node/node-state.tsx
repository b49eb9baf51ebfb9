import clsx from 'clsx';
import { CircleCheck, CircleDashed, CircleSlash, Gavel, Moon, TrendingDown, type LucideIcon } from 'lucide-react';
import type { NodeState } from '#core/node/machine';

const LOOKS: Readonly<Record<NodeState, { word: string; icon: LucideIcon; tint: string }>> = {
  UNREGISTERED: { word: 'Not registered', icon: CircleDashed, tint: 'tint-queued' },
  ACTIVE: { word: 'Free', icon: CircleCheck, tint: 'tint-verified' },
  BUSY: { word: 'Busy', icon: TrendingDown, tint: 'tint-running' },
  OFFLINE: { word: 'Offline', icon: CircleSlash, tint: 'tint-queued' },
  INACTIVE: { word: 'Inactive', icon: Moon, tint: 'tint-queued' },
  SLASHED: { word: 'Slashed', icon: Gavel, tint: 'tint-failed' },
};

export function NodeStateMark({ state }: { state: NodeState }) {
  const { word, icon: Icon, tint } = LOOKS[state];
  return (
    <span className={clsx('inline-flex items-center gap-1.5 font-medium whitespace-nowrap text-tint', tint)}>
      <Icon className="size-4" aria-hidden="true" />
      {word}
    </span>
  );
}
