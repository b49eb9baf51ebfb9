/** Proxies close a connection that stays silent; a comment keeps it open. */
const KEEP_ALIVE_MS = 15_000;

export interface StreamedEvent {
  readonly id: string;
  readonly data: unknown;
}

/**
 * Answers with server-sent events: a `message` for each event with its id, then `end` once `source` is
 * through. `source` is given a signal that fires when the reader has gone; the request's own signal is not
 * used, since on Node it keeps the request alive. Where `source` throws, the stream breaks off without
 * `end`, so the browser comes back with the last id that it saw.
 */
export function eventStream(source: (signal: AbortSignal) => AsyncIterable<StreamedEvent>): Response {
  const gone = new AbortController();
  const encoder = new TextEncoder();
  let keepAlive: NodeJS.Timeout | undefined;

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string): void => {
        if (!gone.signal.aborted) controller.enqueue(encoder.encode(text));
      };
      write('retry: 1000\n\n');
      const finish = (end: () => void): void => {
        clearInterval(keepAlive);
        if (!gone.signal.aborted) end();
      };
      keepAlive = setInterval(() => write(': still here\n\n'), KEEP_ALIVE_MS);
      pump(source(gone.signal), write).then(
        () => finish(() => controller.close()),
        (error: unknown) => finish(() => controller.error(error)),
      );
    },
    cancel() {
      clearInterval(keepAlive);
      gone.abort();
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

async function pump(events: AsyncIterable<StreamedEvent>, write: (text: string) => void): Promise<void> {
  for await (const { id, data } of events) write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  write('event: end\ndata: {}\n\n');
}
