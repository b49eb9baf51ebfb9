import clsx from 'clsx';
import type { JobState } from '#core/job/machine';
import { STATE_LOOKS } from '../../lib/job-states.ts';

export function StateBadge({ state, large = false }: { state: JobState; large?: boolean }) {
  const { icon: Icon, word, tint } = STATE_LOOKS[state];
  return (
    <span
      className={clsx(
        'inline-flex items-center gap-1.5 rounded-full border border-tint bg-tint font-medium whitespace-nowrap text-tint',
        tint,
        large ? 'px-3 py-1 text-sm' : 'px-2.5 py-0.5 text-xs',
      )}
    >
      <Icon className={large ? 'size-4' : 'size-3.5'} aria-hidden="true" />
      {word}
    </span>
  );
}
