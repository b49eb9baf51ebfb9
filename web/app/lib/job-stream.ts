import type { JobUpdate, ProgressView, StateChangeView, TransferView } from '#api/services/types';
import type { Wire } from './wire.ts';

/** A point of the learning curves. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** What the page has learnt from a job's stream so far. */
export interface JobStream {
  /** Decimal; the stream resumes after it. */
  readonly lastEventId: string;
  readonly progress: ProgressView | null;
  readonly points: readonly CurvePoint[];
  readonly states: readonly Wire<StateChangeView>[];
  readonly transfers: readonly Wire<TransferView>[];
  readonly log: readonly LogLine[];
}

export interface LogLine {
  readonly eventId: string;
  readonly at: string;
  readonly line: string;
}

export const EMPTY_STREAM: JobStream = { lastEventId: '0', progress: null, points: [], states: [], transfers: [], log: [] };

/** Bounds what a page keeps of a very long run; the curves keep their shape. */
const MAX_POINTS = 4_000;
const MAX_LOG_LINES = 500;

/** Adds updates in order. One that was seen already changes nothing, so a resumed stream may overlap. */
export function applyUpdates(stream: JobStream, updates: readonly Wire<JobUpdate>[]): JobStream {
  const points = [...stream.points];
  const states = [...stream.states];
  const transfers = [...stream.transfers];
  const log = [...stream.log];
  let { lastEventId, progress } = stream;
  for (const update of updates) {
    if (BigInt(update.eventId) <= BigInt(lastEventId)) continue;
    lastEventId = update.eventId;
    if (update.kind === 'progress') {
      progress = update.progress;
      addPoint(points, update.progress);
    } else if (update.kind === 'state') {
      states.push({ state: update.state, at: update.at });
    } else if (update.kind === 'transfer') {
      transfers.push(update.transfer);
    } else {
      log.push({ eventId: update.eventId, at: update.at, line: update.line });
    }
  }
  return { lastEventId, progress, points: thin(points), states, transfers, log: log.slice(-MAX_LOG_LINES) };
}

/** A run that goes on from a checkpoint does some steps again: the new points replace the old ones. */
function addPoint(points: CurvePoint[], { step, loss, accuracy }: ProgressView): void {
  while (points.length > 0 && points[points.length - 1]!.step >= step) points.pop();
  points.push({ step, loss, accuracy });
}

function thin(points: CurvePoint[]): CurvePoint[] {
  if (points.length <= MAX_POINTS) return points;
  const last = points.length - 1;
  return points.filter((_, index) => index % 2 === 0 || index === last);
}

/** Share of the whole run that is done, 0 to 1. */
export function progressShare(progress: Pick<ProgressView, 'step' | 'steps'> | null): number {
  if (progress === null || progress.steps <= 0) return 0;
  return Math.min(1, progress.step / progress.steps);
}

/** How long the rest takes at the speed of the last report; null while nobody can know. */
export function remainingMs(progress: ProgressView | null, batchSize: number): number | null {
  if (progress === null || progress.samplesPerSecond <= 0) return null;
  return ((progress.steps - progress.step) * batchSize * 1_000) / progress.samplesPerSecond;
}
