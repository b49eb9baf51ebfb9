import { CyxError } from '#core/errors/cyx-error';
import { isErrorCode } from '#core/errors/table';
import { jobFromWire, quoteFromWire, updateFromWire } from './from-json.ts';
import { httpCall, httpSend, type HttpTarget } from './http-call.ts';
import { serverSentEvents } from './server-sent-events.ts';
import type { JobTransport, JobUpdate, ListInput } from './types.ts';
import { cancelledJson, jobJson, jobsJson, jobUpdateJson, quoteJson, submittedJson } from './wire/job.ts';
import { specificationToJson } from './wire/specification.ts';

/** Calls about jobs over REST and server-sent events: what browsers can do. */
export function createHttpJobs(target: HttpTarget): JobTransport {
  const job = (jobId: string): string => `/api/jobs/${encodeURIComponent(jobId)}`;
  return {
    quote: async (specification) => {
      const body = { specification: specificationToJson(specification) };
      return quoteFromWire(await httpCall(target, { method: 'POST', path: '/api/quotes', body }, quoteJson));
    },
    submit: async (input) => {
      const body = {
        request_id: input.requestId,
        quote_id: input.quoteId,
        specification: specificationToJson(input.specification),
        budget_base: input.budgetBase.toString(),
      };
      const submitted = await httpCall(target, { method: 'POST', path: '/api/jobs', body }, submittedJson);
      return { jobId: submitted.job_id, workflowId: submitted.workflow_id, state: submitted.state };
    },
    status: async (jobId) => jobFromWire(await httpCall(target, { method: 'GET', path: job(jobId) }, jobJson)),
    cancel: (jobId) => httpCall(target, { method: 'POST', path: `${job(jobId)}/cancel` }, cancelledJson),
    list: async (page) => {
      const found = await httpCall(target, { method: 'GET', path: `/api/jobs?${pageQuery(page)}` }, jobsJson);
      return { jobs: found.jobs.map(jobFromWire), nextPageToken: found.next_page_token };
    },
    stream: (jobId, afterEventId, signal) => streamEvents(target, `${job(jobId)}/events`, afterEventId, signal),
    close: () => undefined,
  };
}

export function pageQuery({ pageSize, pageToken, state }: ListInput): string {
  const query = new URLSearchParams();
  if (pageSize !== undefined) query.set('page_size', String(pageSize));
  if (pageToken !== undefined) query.set('page_token', pageToken);
  if (state !== undefined) query.set('state', state);
  return query.toString();
}

async function* streamEvents(target: HttpTarget, path: string, afterEventId: bigint, signal: AbortSignal): AsyncGenerator<JobUpdate> {
  const headers = { accept: 'text/event-stream', 'last-event-id': afterEventId.toString() };
  const response = await httpSend(target, { method: 'GET', path }, headers, signal);
  if (response.body === null) return;
  for await (const { event, data } of serverSentEvents(response.body)) {
    if (event === 'end') return;
    const json: unknown = JSON.parse(data);
    if (event === 'problem') throw problemFromEvent(json);
    yield updateFromWire(jobUpdateJson.parse(json));
  }
}

function problemFromEvent(json: unknown): CyxError {
  const { code, detail } = json as { code?: string; detail?: string };
  return new CyxError(isErrorCode(code) ? code : 'INTERNAL', detail ?? '');
}
