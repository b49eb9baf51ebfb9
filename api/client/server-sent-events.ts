/** One event of a `text/event-stream`, as the WHATWG standard reads it. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/** Largest event that is read; ours are far smaller. */
const MAX_EVENT_CHARACTERS = 1_000_000;

/** Reads a stream's events. `fetch` is used instead of EventSource, which can send no token. */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let buffer = '';
  // A carriage return at a piece's end may be half of a line end, so it waits for the next piece.
  let carry = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const text = carry + decoder.decode(value, { stream: true });
      carry = text.endsWith('\r') ? '\r' : '';
      buffer += text.slice(0, text.length - carry.length).replace(/\r\n?/g, '\n');
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const event = parseEvent(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
        if (event !== null) yield event;
      }
      if (buffer.length > MAX_EVENT_CHARACTERS) throw new Error('a server-sent event is too long');
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseEvent(block: string): ServerSentEvent | null {
  let event = 'message';
  let id = '';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'id') id = value;
    if (field === 'data') data.push(value);
  }
  // Comments (keep-alive) and retry hints carry no data.
  return data.length === 0 ? null : { event, id, data: data.join('\n') };
}
