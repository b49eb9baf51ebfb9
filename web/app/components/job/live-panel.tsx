import clsx from 'clsx';
import { useMemo } from 'react';
import { isTerminal, type JobState } from '#core/job/machine';
import { countText, durationText, percentText } from '../../lib/format.ts';
import { STATE_LOOKS } from '../../lib/job-states.ts';
import { progressShare, remainingMs, type JobStream } from '../../lib/job-stream.ts';
import type { Connection } from '../../lib/use-job-stream.ts';
import { Panel } from '../ui/panel.tsx';
import { CurveChart } from './curve-chart.tsx';

interface LivePanelProps {
  readonly stream: JobStream;
  readonly connection: Connection;
  readonly epochs: number;
  readonly batchSize: number;
  readonly state: JobState;
}

const lossText = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value < 0.1 ? 4 : 3));
const shareText = (value: number): string => percentText(value, value > 0.995 && value < 1 ? 2 : 1);

/** Is it learning? Progress, and the curves as they come in. */
export function LivePanel({ stream, connection, epochs, batchSize, state }: LivePanelProps) {
  const { points, progress } = stream;
  const steps = progress?.steps ?? 1;
  const series = useMemo(
    () => ({
      x: points.map(({ step }) => (step / steps) * epochs),
      loss: points.map(({ loss }) => loss),
      accuracy: points.map(({ accuracy }) => accuracy),
    }),
    [points, steps, epochs],
  );
  return (
    <Panel title="Learning" aside={<ConnectionMark connection={connection} />}>
      <ProgressBar stream={stream} epochs={epochs} batchSize={batchSize} state={state} />
      <div className="mt-5 grid gap-x-6 gap-y-5 lg:grid-cols-2">
        <CurveChart title="Training loss, by epoch" look="loss" group="learning" x={series.x} y={series.loss} epochs={epochs} format={lossText} />
        <CurveChart title="Training accuracy, by epoch" look="accuracy" group="learning" x={series.x} y={series.accuracy} epochs={epochs} format={shareText} />
      </div>
      <noscript>
        <p className="mt-4 text-muted">The live curves need JavaScript. Everything else on this page is up to date when you load it again.</p>
      </noscript>
    </Panel>
  );
}

function ProgressBar({ stream, epochs, batchSize, state }: Omit<LivePanelProps, 'connection'>) {
  const { progress } = stream;
  const share = progressShare(progress);
  const restMs = remainingMs(progress, batchSize);
  const epoch = progress?.epoch ?? 0;
  const label = `Epoch ${epoch} of ${epochs}`;
  return (
    <div>
      {/* On a phone always two lines: what follows must not move when the first step is there. */}
      <div className="flex flex-col gap-x-4 gap-y-1 sm:flex-row sm:items-baseline sm:justify-between">
        <p className="text-base font-medium">
          Epoch <span className="figure">{epoch}</span> of <span className="figure">{epochs}</span>
        </p>
        <p className="figure text-xs text-muted">
          {progress === null
            ? 'no step yet'
            : `step ${countText(progress.step)} of ${countText(progress.steps)} · ${countText(progress.samplesPerSecond)} samples/s`}
          {!isTerminal(state) && restMs !== null && share < 1 && ` · about ${durationText(Math.max(1_000, restMs))} left`}
        </p>
      </div>
      <div
        role="progressbar"
        aria-label="Training progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={label}
        className={clsx('relative mt-2 h-2 overflow-hidden rounded-full bg-sunken', isTerminal(state) ? STATE_LOOKS[state].tint : 'tint-running')}
      >
        <div className="h-full rounded-full fill-tint transition-[width] duration-300 ease-out" style={{ width: `${share * 100}%` }} />
        {epochs <= 50 && <EpochTicks epochs={epochs} />}
      </div>
    </div>
  );
}

function EpochTicks({ epochs }: { epochs: number }) {
  return Array.from({ length: epochs - 1 }, (_, index) => (
    <span key={index} className="absolute inset-y-0 w-px bg-panel" style={{ left: `${((index + 1) / epochs) * 100}%` }} />
  ));
}

const CONNECTIONS: Readonly<Record<Connection, { word: string; tint: string; breathes: boolean }>> = {
  opening: { word: 'Connecting', tint: 'tint-queued', breathes: true },
  live: { word: 'Live', tint: 'tint-verified', breathes: true },
  waiting: { word: 'Reconnecting', tint: 'tint-locked', breathes: true },
  over: { word: 'Ended', tint: 'tint-queued', breathes: false },
};

function ConnectionMark({ connection }: { connection: Connection }) {
  const { word, tint, breathes } = CONNECTIONS[connection];
  return (
    <span role="status" data-connection={connection} className={clsx('flex items-center gap-2 text-xs text-muted', tint)}>
      <span aria-hidden="true" className={clsx('size-2 rounded-full fill-tint', breathes && 'animate-breathe')} />
      {word}
    </span>
  );
}
