import clsx from 'clsx';
import type { StateChangeView } from '#api/services/types';
import { isTerminal, type JobState } from '#core/job/machine';
import { clockText, durationText, exactTimeText } from '../../lib/format.ts';
import { HAPPY_PATH, STATE_LOOKS } from '../../lib/job-states.ts';
import { useNow } from '../../lib/use-now.ts';
import type { Wire } from '../../lib/wire.ts';

type Change = Wire<StateChangeView>;

/** Every state with its time and how long it lasted, then what is still to come. */
export function Timeline({ changes }: { changes: readonly Change[] }) {
  const nowMs = useNow();
  const current = changes[changes.length - 1]?.state ?? 'CREATED';
  return (
    <ol>
      {changes.map((change, index) => (
        <PastState
          key={`${change.state}-${change.at}`}
          change={change}
          endMs={endOf(changes, index, nowMs)}
          isCurrent={index === changes.length - 1}
        />
      ))}
      {comingStates(current).map((state, index, all) => (
        <ComingState key={state} state={state} isLast={index === all.length - 1} />
      ))}
    </ol>
  );
}

function endOf(changes: readonly Change[], index: number, nowMs: number): number | null {
  const next = changes[index + 1];
  if (next !== undefined) return Date.parse(next.at);
  return isTerminal(changes[index]!.state) ? null : nowMs;
}

function comingStates(current: JobState): readonly JobState[] {
  const place = HAPPY_PATH.indexOf(current);
  return place < 0 || isTerminal(current) ? [] : HAPPY_PATH.slice(place + 1);
}

function PastState({ change, endMs, isCurrent }: { change: Change; endMs: number | null; isCurrent: boolean }) {
  const { icon: Icon, word, meaning, tint } = STATE_LOOKS[change.state];
  const isOver = isCurrent && endMs === null;
  return (
    <li className={clsx('relative flex gap-3', !isOver && 'pb-5', tint)} aria-current={isCurrent ? 'step' : undefined}>
      <Line dashed={isCurrent} hidden={isOver} />
      <span className="relative z-10 grid size-7 shrink-0 place-items-center rounded-full border border-tint bg-tint text-tint">
        <Icon className="size-3.5" aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1 pt-0.5">
        <div className="flex items-baseline justify-between gap-3">
          <span className={clsx('font-medium', isCurrent && 'text-tint')}>{word}</span>
          <time dateTime={change.at} title={exactTimeText(change.at)} className="figure text-xs text-muted">
            {clockText(change.at)}
          </time>
        </div>
        <p className="flex items-baseline justify-between gap-3 text-xs text-muted">
          <span>{isCurrent ? meaning : ''}</span>
          {endMs !== null && (
            <span className="figure whitespace-nowrap">{durationText(endMs - Date.parse(change.at))}</span>
          )}
        </p>
      </div>
    </li>
  );
}

function ComingState({ state, isLast }: { state: JobState; isLast: boolean }) {
  const { icon: Icon, word } = STATE_LOOKS[state];
  return (
    <li className={clsx('relative flex items-center gap-3 text-muted', !isLast && 'pb-4')}>
      <Line dashed hidden={isLast} />
      <span className="relative z-10 grid size-7 shrink-0 place-items-center rounded-full border border-dashed border-line-strong/60 bg-panel">
        <Icon className="size-3.5 text-faint" aria-hidden="true" />
      </span>
      <span>
        {word}
        <span className="sr-only"> (still to come)</span>
      </span>
    </li>
  );
}

function Line({ dashed, hidden }: { dashed: boolean; hidden: boolean }) {
  if (hidden) return null;
  return (
    <span
      aria-hidden="true"
      className={clsx('absolute top-3.5 bottom-[-0.875rem] left-3.5 border-l', dashed ? 'border-dashed border-line-strong/60' : 'border-tint')}
    />
  );
}
