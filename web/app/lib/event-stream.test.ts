import { describe, expect, it } from 'vitest';
import { eventStream } from './event-stream.server.ts';

describe('eventStream', () => {
  it('writes every event with its id, then the end', async () => {
    const response = eventStream(async function* () {
      yield { id: '7', data: { a: 1 } };
      yield { id: '8', data: 'x\ny' };
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toBe('retry: 1000\n\nid: 7\ndata: {"a":1}\n\nid: 8\ndata: "x\\ny"\n\nevent: end\ndata: {}\n\n');
  });

  it('tells the source when the reader has gone', async () => {
    let told: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => (told = resolve));
    const response = eventStream(async function* (signal) {
      yield { id: '1', data: null };
      if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      told();
    });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await expect(stopped).resolves.toBeUndefined();
  });

  it('breaks off without an end where the source fails', async () => {
    const response = eventStream(async function* () {
      yield { id: '1', data: null };
      throw new Error('the database is away');
    });
    await expect(response.text()).rejects.toThrow('the database is away');
  });
});
