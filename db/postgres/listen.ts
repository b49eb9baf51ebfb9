import pg from 'pg';

const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 5_000;

export interface JobEventListener {
  /**
   * Calls back whenever the job may have new events, also after a lost connection came back. The callback reads the
   * events itself; a call says nothing about how many there are. Returns the way to stop.
   */
  subscribe(jobId: string, onNews: () => void): () => void;
  close(): Promise<void>;
}

/** One connection that listens for every job's events, shared by all followers in this process. */
export function createJobEventListener(options: { url: string; onError: (error: Error) => void }): JobEventListener {
  const subscribers = new Map<string, Set<() => void>>();
  let client: pg.Client | null = null;
  let closed = false;
  let retryMs = RECONNECT_FIRST_MS;
  let timer: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: options.url, keepAlive: true });
    let dropped = false;
    const drop = (error?: Error): void => {
      if (dropped) return;
      dropped = true;
      if (client === next) client = null;
      void next.end().catch(() => undefined);
      if (closed) return;
      options.onError(error ?? new Error('The connection that listens for job events was closed'));
      timer = setTimeout(() => void connect(), retryMs);
      retryMs = Math.min(retryMs * 2, RECONNECT_MAX_MS);
    };
    next.on('error', drop);
    next.on('end', () => drop());
    next.on('notification', (message) => {
      const jobId = message.payload?.split(':')[0] ?? '';
      for (const onNews of subscribers.get(jobId) ?? []) onNews();
    });
    try {
      await next.connect();
      await next.query('LISTEN job_events');
    } catch (error) {
      drop(error as Error);
      return;
    }
    if (closed) return drop();
    client = next;
    retryMs = RECONNECT_FIRST_MS;
    // Whatever was announced while nobody listened is found by reading again.
    for (const set of subscribers.values()) for (const onNews of set) onNews();
  };
  void connect();

  return {
    subscribe: (jobId, onNews) => {
      const set = subscribers.get(jobId) ?? new Set();
      subscribers.set(jobId, set.add(onNews));
      return () => {
        set.delete(onNews);
        if (set.size === 0 && subscribers.get(jobId) === set) subscribers.delete(jobId);
      };
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
