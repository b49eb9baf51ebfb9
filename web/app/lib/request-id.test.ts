import { describe, expect, it } from 'vitest';
import { withoutParameters, withRequestId } from './request-id.server.ts';
import { faultyRequest } from './request-id.ts';

describe('the id of a request that failed', () => {
  const fault = (status: number): Response => new Response('{"message":"Unexpected Server Error"}', { status, headers: { 'x-remix-error': 'yes', 'content-type': 'application/json' } });

  it('goes to a page that fetches its data, and is read there', async () => {
    const answer = await withRequestId(fault(500), 'id-1');
    expect(answer.status).toBe(500);
    expect(answer.headers.get('x-remix-error')).toBe('yes');
    const { message } = (await answer.json()) as { message: string };
    expect(faultyRequest(new Error(message), 'of the document')).toBe('id-1');
  });

  it('is the document’s where the document itself failed, and nobody’s where the browser did', () => {
    expect(faultyRequest(new Error('Unexpected Server Error'), 'id-2')).toBe('id-2');
    expect(faultyRequest(new Error('x is not a function'), 'id-2')).toBeNull();
    expect(faultyRequest({ status: 404 }, 'id-2')).toBeNull();
  });

  it('is not put into other answers', async () => {
    for (const answer of [fault(404), new Response('fine')]) expect(await withRequestId(answer, 'id-3')).toBe(answer);
  });
});

it('keeps the parameters of a failed query out of the log', () => {
  const cause = new Error('relation "jobs" does not exist');
  const query = Object.assign(new Error('Failed query: … params: secret', { cause }), { query: 'select', params: ['secret'] });
  expect(withoutParameters(query)).toBe(cause);
  expect(withoutParameters(cause)).toBe(cause);
});
