import { useEffect, useRef, useState } from 'react';
import type { JobUpdate } from '#api/services/types';
import { applyUpdates, EMPTY_STREAM, type JobStream } from './job-stream.ts';
import type { Wire } from './wire.ts';

/** `waiting`: the connection is lost and comes back by itself. `over`: the job has ended. */
export type Connection = 'opening' | 'live' | 'waiting' | 'over';

/** Updates arrive in bursts when a stream replays; the page is drawn once for each burst. */
const DRAW_EVERY_MS = 80;
const RECONNECT_MS = 1_500;

interface JobStreamOptions {
  /** Something changed that the page's own data must be loaded again for. */
  readonly onMilestone: () => void;
}

/** Follows a job. Reconnects for ever and resumes after the last event that arrived. */
export function useJobStream(jobId: string, { onMilestone }: JobStreamOptions): { stream: JobStream; connection: Connection } {
  const [stream, setStream] = useState<JobStream>(EMPTY_STREAM);
  const [connection, setConnection] = useState<Connection>('opening');
  const milestone = useRef(onMilestone);
  milestone.current = onMilestone;

  useEffect(() => {
    setStream(EMPTY_STREAM);
    return followJob(jobId, {
      onUpdates: (updates) => {
        setStream((before) => applyUpdates(before, updates));
        if (updates.some(({ kind }) => kind === 'state' || kind === 'transfer')) milestone.current();
      },
      onConnection: (now) => {
        setConnection(now);
        if (now === 'over') milestone.current();
      },
    });
  }, [jobId]);

  return { stream, connection };
}

interface Listener {
  readonly onUpdates: (updates: readonly Wire<JobUpdate>[]) => void;
  readonly onConnection: (connection: Connection) => void;
}

function followJob(jobId: string, { onUpdates, onConnection }: Listener): () => void {
  let lastEventId = '';
  let waiting: Wire<JobUpdate>[] = [];
  let source: EventSource | undefined;
  let drawTimer: ReturnType<typeof setTimeout> | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    drawTimer = undefined;
    const updates = waiting;
    waiting = [];
    if (updates.length > 0) onUpdates(updates);
  };
  const open = (): void => {
    source = new EventSource(`/jobs/${jobId}/events${lastEventId === '' ? '' : `?after=${lastEventId}`}`);
    source.onopen = () => onConnection('live');
    source.onmessage = (event: MessageEvent<string>) => {
      lastEventId = event.lastEventId;
      waiting.push(JSON.parse(event.data) as Wire<JobUpdate>);
      drawTimer ??= setTimeout(flush, DRAW_EVERY_MS);
    };
    source.addEventListener('end', () => {
      source?.close();
      clearTimeout(drawTimer);
      flush();
      onConnection('over');
    });
    source.onerror = () => {
      onConnection('waiting');
      // A refused connection is final for EventSource; anything else it repeats by itself.
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(retryTimer);
      retryTimer = setTimeout(open, RECONNECT_MS);
    };
  };
  open();
  return () => {
    source?.close();
    clearTimeout(drawTimer);
    clearTimeout(retryTimer);
  };
}
