import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { keyToText } from '#api/client/wire/common';
import { cancelledJson, jobJson, jobsJson, jobState, modelKeyJson, preparedJson, quoteBody, quoteJson, submitBody, submittedJson } from '#api/client/wire/job';
import { specificationFromJson } from '#api/client/wire/specification';
import type { Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { idText } from '#core/input/ids';
import { searchText } from '#core/input/text';
import { baseFromString } from '#core/money/amount';
import { actorOf, bearer, createRouter, jsonAnswer, problems, type HttpApp } from '../context.ts';
import { creates } from '../idempotency.ts';
import { jobSummaryToJson, jobToJson, quoteToJson } from '../to-json.ts';

/** A job's id in a path. */
export const params = z.object({ id: idText('a job') });
/** Nothing at all is no number, though JavaScript takes it for 0. */
const wholeNumber = (text: unknown): unknown => (typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text);

export const pageQuery = z.object({
  /** 0: as many as the server likes; never more than 100. */
  page_size: z.preprocess(wholeNumber, z.int().min(0).max(1_000_000).default(0)),
  page_token: z.string().regex(/^[A-Za-z0-9_-]{0,1000}$/, 'must be the token that the page before came with').default(''),
});

const jobSearch = searchText.optional().describe('Only jobs whose id, dataset CID or device class begins with this, or whose dataset’s name contains it');

const quote = createRoute({
  method: 'post',
  path: '/api/quotes',
  summary: 'Price a job; the answer is a cap and binds for ten minutes',
  security: bearer,
  request: creates(quoteBody),
  responses: { 201: jsonAnswer(quoteJson, 'The quote'), ...problems },
});
const submit = createRoute({
  method: 'post',
  path: '/api/jobs',
  summary: 'Submit a job under a quote; one request id is one job for ever',
  security: bearer,
  request: creates(submitBody),
  responses: { 201: jsonAnswer(submittedJson, 'Accepted'), ...problems },
});
const prepare = createRoute({
  method: 'post',
  path: '/api/jobs/prepare',
  summary: 'Check a job without starting it: for programs that start the workflow with their own Temporal client',
  security: bearer,
  request: creates(submitBody),
  responses: { 201: jsonAnswer(preparedJson, 'What to start the workflow with'), ...problems },
});
const list = createRoute({
  method: 'get',
  path: '/api/jobs',
  summary: 'One’s jobs, newest first',
  security: bearer,
  request: { query: pageQuery.extend({ state: jobState.optional(), q: jobSearch }) },
  responses: { 200: jsonAnswer(jobsJson, 'A page of jobs'), ...problems },
});
const get = createRoute({
  method: 'get',
  path: '/api/jobs/{id}',
  summary: 'A job with its states, attempts and transfers',
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer(jobJson, 'The job'), ...problems },
});
const cancel = createRoute({
  method: 'post',
  path: '/api/jobs/{id}/cancel',
  summary: 'Cancel a job; the escrow is refunded in full',
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer(cancelledJson, 'Under way'), ...problems },
});
const model = createRoute({
  method: 'get',
  path: '/api/jobs/{id}/model',
  summary: 'Where a completed job’s model is, and its key; for its owner',
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer(modelKeyJson, 'CID and key'), ...problems },
});

export function jobRoutes(services: Services): HttpApp {
  return createRouter()
    .openapi(quote, async (c) => {
      const specification = specificationFromJson(c.req.valid('json').specification);
      return c.json(quoteToJson(await services.quotes.get(await actorOf(services, c), specification)), 201);
    })
    .openapi(submit, async (c) => {
      const body = c.req.valid('json');
      const requestId = requestIdOf(body, c.req.valid('header'));
      const submitted = await services.jobs.submit(await actorOf(services, c), {
        requestId,
        quoteId: body.quote_id,
        specification: specificationFromJson(body.specification),
        budgetBase: baseFromString(body.budget_base),
      });
      return c.json({ job_id: submitted.jobId, workflow_id: submitted.workflowId, state: submitted.state }, 201);
    })
    .openapi(prepare, async (c) => {
      const body = c.req.valid('json');
      const requestId = requestIdOf(body, c.req.valid('header'));
      const prepared = await services.jobs.prepare(await actorOf(services, c), {
        requestId,
        quoteId: body.quote_id,
        specification: specificationFromJson(body.specification),
        budgetBase: baseFromString(body.budget_base),
      });
      return c.json({ job_id: prepared.jobId, workflow_id: prepared.workflowId, task_queue: prepared.taskQueue, submission: { ...prepared.submission } }, 201);
    })
    .openapi(list, async (c) => {
      const { page_size: pageSize, page_token: pageToken, state, q } = c.req.valid('query');
      const page = await services.jobs.list(await actorOf(services, c), { pageSize, pageToken, state, q });
      return c.json({ jobs: page.items.map(jobSummaryToJson), next_page_token: page.nextPageToken }, 200);
    })
    .openapi(get, async (c) => c.json(jobToJson(await services.jobs.get(await actorOf(services, c), c.req.valid('param').id)), 200))
    .openapi(cancel, async (c) => c.json(await services.jobs.cancel(await actorOf(services, c), c.req.valid('param').id), 200))
    .openapi(model, async (c) => {
      const { cid, key } = await services.models.open(await actorOf(services, c), c.req.valid('param').id);
      c.header('cache-control', 'no-store');
      return c.json({ cid, key: keyToText(key) }, 200);
    });
}

/** One key for both: who sends no request id of their own is known by the header's, and then for ever. */
function requestIdOf(body: z.output<typeof submitBody>, headers: { 'idempotency-key'?: string | undefined }): string {
  const requestId = body.request_id ?? headers['idempotency-key'];
  if (requestId !== undefined) return requestId;
  const fields = [{ path: 'request_id', message: 'is needed where there is no Idempotency-Key' }];
  throw new CyxError('UNPROCESSABLE', 'Name this request, so that a repeat is known: send request_id in the body, or the header Idempotency-Key.', { fields });
}
