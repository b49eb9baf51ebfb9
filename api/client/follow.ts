import { CyxError, toCyxError } from '#core/errors/cyx-error';
import { isTerminal } from '#core/job/machine';
import type { JobTransport, JobUpdate } from './types.ts';

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;

/** Follows a job over as many connections as it takes. */
export async function* followJob(
  transport: Pick<JobTransport, 'stream' | 'status'>,
  jobId: string,
  afterEventId: bigint,
  signal: AbortSignal,
): AsyncGenerator<JobUpdate> {
  let lastId = afterEventId;
  let retryMs = RETRY_FIRST_MS;
  while (!signal.aborted) {
    try {
      for await (const update of transport.stream(jobId, lastId, signal)) {
        if (update.eventId <= lastId) continue;
        lastId = update.eventId;
        retryMs = RETRY_FIRST_MS;
        yield update;
        if (update.kind === 'state' && isTerminal(update.state)) return;
      }
      // Ended without a last state: either the reader knew it already, or the server went away in good order.
      if (isTerminal((await transport.status(jobId)).state)) return;
    } catch (error) {
      if (signal.aborted) return;
      const known = lostConnection(error);
      if (known !== null) throw known;
    }
    await pause(retryMs, signal);
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  }
}

/** Null where another connection may help; otherwise the error to report. */
function lostConnection(error: unknown): CyxError | null {
  // What is no CyxError broke below us: a socket that was reset in the middle of a stream.
  if (!(error instanceof CyxError)) return null;
  const known = toCyxError(error);
  return known.spec.retryable || known.code === 'CANCELLED' ? null : known;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
