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
    let wait: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (wait = resolve));
    const response = eventStream(async function* (signal) {
      yield { id: '1', data: null };
      wait();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      told();
    });
    const reader = response.body!.getReader();
    // The second piece is the event; after it the source is asked for another and waits.
    for (let taken = 0; taken < 2; taken += 1) await reader.read();
    await waiting;
    await reader.cancel();
    await expect(stopped).resolves.toBeUndefined();
  });

  it('asks the source for no more than the reader takes, and closes it when the reader goes', async () => {
    let made = 0;
    let closed: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (closed = resolve));
    const response = eventStream(async function* () {
      try {
        for (;;) yield { id: String((made += 1)), data: 'x'.repeat(100_000) };
      } finally {
        closed();
      }
    });
    const reader = response.body!.getReader();
    for (let taken = 0; taken < 3; taken += 1) await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made).toBeLessThanOrEqual(4);
    await reader.cancel();
    await expect(released).resolves.toBeUndefined();
  });

  it('breaks off without an end where the source fails', async () => {
    const response = eventStream(async function* () {
      yield { id: '1', data: null };
      throw new Error('the database is away');
    });
    await expect(response.text()).rejects.toThrow('the database is away');
  });
});
