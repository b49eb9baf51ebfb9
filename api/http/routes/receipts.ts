import { createRoute } from '@hono/zod-openapi';
import type { TypedResponse } from 'hono';
import { z } from 'zod';
import { RECEIPT_MEDIA_TYPE, receiptFileName } from '#api/client/wire/receipt';
import type { Services } from '#api/services/types';
import { actorOf, bearer, createRouter, problems, type HttpApp } from '../context.ts';
import { params } from './jobs.ts';

const receipt = createRoute({
  method: 'get',
  path: '/api/jobs/{id}/receipt',
  summary: 'The receipt of an ended job: why each token moved, hash-chained and signed',
  security: bearer,
  request: { params },
  responses: {
    200: { description: 'JSON lines; the same bytes for ever', content: { [RECEIPT_MEDIA_TYPE]: { schema: z.string() } } },
    ...problems,
  },
});

export function receiptRoutes(services: Services): HttpApp {
  return createRouter().openapi(receipt, async (c) => {
    const { jobId, body } = await services.receipts.get(await actorOf(services, c), c.req.valid('param').id);
    const file: Response = new Response(body, {
      headers: {
        'content-type': `${RECEIPT_MEDIA_TYPE}; charset=utf-8`,
        'content-disposition': `attachment; filename="${receiptFileName(jobId)}"`,
        'cache-control': 'private, no-store',
      },
    });
    // The route's types take every media type with "json" in it for one JSON value; these are lines of them, byte for byte.
    return file as Response & TypedResponse<string, 200, 'json'>;
  });
}
