import { readJobEvents } from '#db/postgres/events';
import { requireJob } from '#db/postgres/jobs';
import type { ServiceDeps } from './deps.ts';
import { endsStream, jobUpdate } from './job-views.ts';
import type { JobUpdate } from './types.ts';

const BATCH = 500;
/** Reads without being told now and then: a lost notification costs at most this. */
const RECHECK_MS = 15_000;

/** Events of a job after `afterEventId`, as they come, until the job has ended or `signal` aborts. */
export async function* followJob(
  { postgres, jobEvents }: Pick<ServiceDeps, 'postgres' | 'jobEvents'>,
  jobId: string,
  afterEventId: bigint,
  signal: AbortSignal,
): AsyncGenerator<JobUpdate> {
  const bell = createBell();
  const unsubscribe = jobEvents.subscribe(jobId, bell.ring);
  signal.addEventListener('abort', bell.ring);
  try {
    let lastId = afterEventId;
    while (!signal.aborted) {
      bell.reset();
      // The job is read before its events: if it had ended by then, these events are all there are.
      const { endedAt } = await requireJob(postgres.db, jobId);
      const rows = await readJobEvents(postgres.db, { jobId, afterId: lastId, limit: BATCH });
      for (const row of rows) {
        if (signal.aborted) return;
        lastId = row.id;
        const update = jobUpdate(row);
        yield update;
        if (endsStream(update)) return;
      }
      if (rows.length === BATCH) continue;
      if (endedAt !== null) return;
      await bell.wait(RECHECK_MS);
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', bell.ring);
  }
}

interface Bell {
  /** Remembered: ringing before `wait` makes it return at once. */
  ring(): void;
  reset(): void;
  wait(timeoutMs: number): Promise<void>;
}

function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    reset: () => {
      rung = false;
    },
    wait: (timeoutMs) =>
      new Promise((resolve) => {
        if (rung) return resolve();
        const timer = setTimeout(() => wake?.(), timeoutMs);
        wake = () => {
          clearTimeout(timer);
          wake = undefined;
          resolve();
        };
      }),
  };
}
