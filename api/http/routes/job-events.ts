import { createRoute } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { Services } from '#api/services/types';
import { MAX_ROW_ID } from '#core/input/text';
import { toCyxError } from '#core/errors/cyx-error';
import { actorOf, bearer, createRouter, problems, type HttpApp } from '../context.ts';
import { jobUpdateToJson } from '../to-json.ts';
import { params } from './jobs.ts';

/** Proxies cut connections that are silent for long. */
const KEEP_ALIVE_MS = 15_000;
const RETRY_MS = 1_000;

const eventId = z.string().regex(/^\d{1,19}$/, 'must be an event id').transform(BigInt).refine((id) => id <= MAX_ROW_ID, 'must be an event id');
const events = createRoute({
  method: 'get',
  path: '/api/jobs/{id}/events',
  summary: 'A job’s events as they come (server-sent events); resumes after Last-Event-ID or ?after=',
  security: bearer,
  request: { params, query: z.object({ after: eventId.optional() }), headers: z.object({ 'last-event-id': eventId.optional() }) },
  responses: { 200: { description: 'A stream that ends with the job', content: { 'text/event-stream': { schema: z.string() } } }, ...problems },
});

export function jobEventRoutes(services: Services): HttpApp {
  return createRouter().openapi(events, async (c) => {
    const actor = await actorOf(services, c);
    const jobId = c.req.valid('param').id;
    const after = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').after ?? 0n;
    // Asked first, so that "no such job" is a status and not an event.
    await services.jobs.get(actor, jobId);
    const abort = new AbortController();
    c.header('cache-control', 'no-store');
    c.header('x-accel-buffering', 'no');
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => abort.abort());
      const keepAlive = setInterval(() => void stream.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
      try {
        await stream.write(`retry: ${RETRY_MS}\n\n`);
        for await (const update of services.jobs.follow(actor, jobId, after, abort.signal)) {
          const { eventId: id, kind } = update;
          await stream.writeSSE({ id: id.toString(), event: kind, data: JSON.stringify(jobUpdateToJson(update)) });
        }
        // Tells a browser's EventSource not to come back.
        await stream.writeSSE({ event: 'end', data: '' });
      } catch (error) {
        await stream.writeSSE({ event: 'problem', data: JSON.stringify({ code: toCyxError(error).code, detail: toCyxError(error).message }) });
      } finally {
        clearInterval(keepAlive);
        abort.abort();
      }
    });
  });
}
