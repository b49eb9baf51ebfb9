/** Proxies close a connection that stays silent; a comment keeps it open. */
const KEEP_ALIVE_MS = 15_000;

export interface StreamedEvent {
  readonly id: string;
  readonly data: unknown;
}

/**
 * Answers with server-sent events: a `message` for each event with its id, then `end` once `source` is
 * through. The next event is asked for only when the reader has taken the last one, so a slow reader holds
 * one event here and not a whole job. `source` is given a signal that fires when the reader has gone, and is
 * then closed; the request's own signal is not used, since on Node it keeps the request alive. Where `source`
 * throws, the stream breaks off without `end`, so the browser comes back with the last id that it saw.
 */
export function eventStream(source: (signal: AbortSignal) => AsyncIterable<StreamedEvent>): Response {
  const gone = new AbortController();
  const encoder = new TextEncoder();
  let events: AsyncIterator<StreamedEvent> | undefined;
  let keepAlive: NodeJS.Timeout | undefined;

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('retry: 1000\n\n'));
      // A reader that has not taken what is there needs no sign of life.
      keepAlive = setInterval(() => (controller.desiredSize ?? 0) > 0 && controller.enqueue(encoder.encode(': still here\n\n')), KEEP_ALIVE_MS);
    },
    async pull(controller) {
      events ??= source(gone.signal)[Symbol.asyncIterator]();
      const next = await events.next().catch((error: unknown) => {
        clearInterval(keepAlive);
        throw error;
      });
      if (gone.signal.aborted) return;
      if (next.done !== true) return controller.enqueue(encoder.encode(`id: ${next.value.id}\ndata: ${JSON.stringify(next.value.data)}\n\n`));
      clearInterval(keepAlive);
      controller.enqueue(encoder.encode('event: end\ndata: {}\n\n'));
      controller.close();
    },
    cancel() {
      clearInterval(keepAlive);
      gone.abort();
      // Ends a generator that waits in `yield`; one that waits for the signal is ended by it. Nobody is left to hear of a failure.
      void events?.return?.().catch(() => undefined);
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
