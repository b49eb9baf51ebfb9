import type { LoaderFunctionArgs } from '@remix-run/node';
import type { Actor, Services } from '#api/services/types';
import { orErrorPage } from '../../lib/errors.server.ts';
import { eventStream, type StreamedEvent } from '../../lib/event-stream.server.ts';
import { toWire } from '../../lib/wire.ts';

/**
 * A job's events as they happen. `Last-Event-ID` (sent by browsers when they reconnect by themselves) or
 * `?after=` (when the page reconnects) says what was seen already.
 */
export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const viewer = await context.session.current();
  // A redirect would look like a stream of nothing to EventSource.
  if (viewer === null) return new Response('Log in first', { status: 401 });
  const jobId = params.jobId ?? '';
  await orErrorPage(context.services.jobs.get(viewer.actor, jobId));
  const after = readEventId(request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('after'));
  return eventStream((signal) => follow(context.services, viewer.actor, jobId, after, signal));
}

function readEventId(text: string | null): bigint {
  // What is no id of ours (18 digits are more than there will ever be events) starts from the beginning.
  return text !== null && /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
}

async function* follow(services: Services, actor: Actor, jobId: string, after: bigint, signal: AbortSignal): AsyncIterable<StreamedEvent> {
  for await (const update of services.jobs.follow(actor, jobId, after, signal)) {
    yield { id: update.eventId.toString(), data: toWire(update) };
  }
}
