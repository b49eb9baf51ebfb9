import { describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { followJob } from './follow.ts';
import { serverSentEvents } from './server-sent-events.ts';
import type { Job, JobUpdate } from './types.ts';

const at = new Date(0);
const log = (id: number): JobUpdate => ({ eventId: BigInt(id), at, kind: 'log', line: `line ${id}` });
const done = (id: number): JobUpdate => ({ eventId: BigInt(id), at, kind: 'state', state: 'COMPLETED' });

/** A server whose connections break in the given ways; it remembers where each reader went on. */
function server(connections: readonly (readonly (JobUpdate | Error)[])[], finalState: Job['state'] = 'RUNNING') {
  const asked: bigint[] = [];
  return {
    asked,
    stream: async function* (_jobId: string, afterEventId: bigint) {
      asked.push(afterEventId);
      for (const step of connections[asked.length - 1] ?? []) {
        if (step instanceof Error) throw step;
        yield await Promise.resolve(step);
      }
    },
    status: () => Promise.resolve({ state: finalState } as Job),
  };
}

async function collect(updates: AsyncIterable<JobUpdate>): Promise<bigint[]> {
  const ids: bigint[] = [];
  for await (const update of updates) ids.push(update.eventId);
  return ids;
}

const signal = new AbortController().signal;

describe('followJob', () => {
  it('goes on after the last event it saw, and hands each out once', async () => {
    const gone = new CyxError('UNAVAILABLE', 'gone');
    const transport = server([[log(1), log(2), gone], [new TypeError('socket')], [log(2), log(3)], [done(4)]]);
    expect(await collect(followJob(transport, 'j', 0n, signal))).toEqual([1n, 2n, 3n, 4n]);
    expect(transport.asked).toEqual([0n, 2n, 2n, 3n]);
  });

  it('reports what no other connection could mend', async () => {
    const transport = server([[new CyxError('NOT_FOUND', 'no such job')]]);
    await expect(collect(followJob(transport, 'j', 0n, signal))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('ends where the reader knew the last event already', async () => {
    expect(await collect(followJob(server([[]], 'FAILED'), 'j', 9n, signal))).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const following = collect(followJob(server([[new CyxError('UNAVAILABLE', 'gone')]]), 'j', 0n, abort.signal));
    abort.abort();
    expect(await following).toEqual([]);
  });
});

describe('serverSentEvents', () => {
  const text = 'retry: 10\n\n: keep-alive\n\nid: 1\nevent: log\ndata: {"a":\ndata: 1}\n\nid:2\r\ndata:ü\r\n\r\nevent: end\ndata: \n\nid: 3\ndata: cut off';
  const expected = [
    { event: 'log', id: '1', data: '{"a":\n1}' },
    { event: 'message', id: '2', data: 'ü' },
    { event: 'end', id: '', data: '' },
  ];

  it.each([1, 2, 7, 1000])('reads events from pieces of %i bytes', async (size) => {
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let from = 0; from < bytes.length; from += size) controller.enqueue(bytes.subarray(from, from + size));
        controller.close();
      },
    });
    const events: unknown[] = [];
    for await (const event of serverSentEvents(body)) events.push(event);
    expect(events).toEqual(expected);
  });
});
