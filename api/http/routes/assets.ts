import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { transfersJson, walletJson } from '#api/client/wire/account';
import { keyFromText, keyToText } from '#api/client/wire/common';
import { datasetBody, datasetJson, datasetKeyJson, datasetsJson, modelsJson } from '#api/client/wire/job';
import { nodesJson } from '#api/client/wire/machine';
import type { Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { cidText } from '#core/input/ids';
import { actorOf, bearer, createRouter, jsonAnswer, problems, type HttpApp } from '../context.ts';
import { creates } from '../idempotency.ts';
import { datasetToJson, nodeToJson, transferToJson, walletToJson } from '../to-json.ts';
import { pageQuery } from './jobs.ts';

const datasets = createRoute({
  method: 'get',
  path: '/api/datasets',
  summary: 'One’s datasets',
  security: bearer,
  responses: { 200: jsonAnswer(datasetsJson, 'The datasets'), ...problems },
});
const addDataset = createRoute({
  method: 'post',
  path: '/api/datasets',
  summary: 'Tell of a dataset that was put into CyxCloud; keys are kept wrapped',
  security: bearer,
  request: creates(datasetBody),
  responses: { 201: jsonAnswer(datasetJson, 'The dataset'), ...problems },
});
const datasetKey = createRoute({
  method: 'get',
  path: '/api/datasets/{cid}/key',
  summary: 'The key of one’s own dataset',
  security: bearer,
  request: { params: z.object({ cid: cidText }) },
  responses: { 200: jsonAnswer(datasetKeyJson, 'CID and key'), ...problems },
});
const models = createRoute({
  method: 'get',
  path: '/api/models',
  summary: 'One’s trained models',
  security: bearer,
  responses: { 200: jsonAnswer(modelsJson, 'The models'), ...problems },
});
const wallet = createRoute({
  method: 'get',
  path: '/api/wallet',
  summary: 'One’s wallet with its balance on chain',
  security: bearer,
  responses: { 200: jsonAnswer(walletJson, 'The wallet'), ...problems },
});
const transfers = createRoute({
  method: 'get',
  path: '/api/wallet/transfers',
  summary: 'What moved into and out of one’s wallet, newest first',
  security: bearer,
  request: { query: pageQuery },
  responses: { 200: jsonAnswer(transfersJson, 'A page of transfers'), ...problems },
});
const nodes = createRoute({
  method: 'get',
  path: '/api/nodes',
  summary: 'Whom one could hire',
  responses: { 200: jsonAnswer(nodesJson, 'The nodes'), ...problems },
});

export function assetRoutes(services: Services): HttpApp {
  return createRouter()
    .openapi(datasets, async (c) => c.json({ datasets: (await services.datasets.list(await actorOf(services, c))).map(datasetToJson) }, 200))
    .openapi(addDataset, async (c) => {
      const body = c.req.valid('json');
      const dataset = await services.datasets.register(await actorOf(services, c), {
        cid: body.cid,
        key: keyFromText(body.key),
        name: body.name,
        samples: body.samples,
        sizeBytes: body.size_bytes,
        sampleShape: body.sample_shape,
        classes: body.classes,
        inputDtype: body.input_dtype,
        targetWidth: body.target_width,
        heldOutCid: body.held_out_cid,
        heldOutKey: keyFromText(body.held_out_key),
        heldOutSamples: body.held_out_samples,
      });
      return c.json(datasetToJson(dataset), 201);
    })
    .openapi(datasetKey, async (c) => {
      const { cid, key } = await services.datasets.open(await actorOf(services, c), c.req.valid('param').cid);
      c.header('cache-control', 'no-store');
      return c.json({ cid, key: keyToText(key) }, 200);
    })
    .openapi(models, async (c) => {
      const found = await services.models.list(await actorOf(services, c));
      const json = found.map(({ jobId, cid, testAccuracy, createdAt }) => ({
        job_id: jobId,
        cid,
        test_accuracy: testAccuracy,
        created_at: createdAt.toISOString(),
      }));
      return c.json({ models: json }, 200);
    })
    .openapi(wallet, async (c) => {
      const found = await services.wallet.get(await actorOf(services, c));
      if (found === null) throw new CyxError('NOT_FOUND', 'Your wallet is still being made. Try again in a moment.');
      return c.json(walletToJson(found), 200);
    })
    .openapi(transfers, async (c) => {
      const { page_size: pageSize, page_token: pageToken } = c.req.valid('query');
      const page = await services.wallet.transfers(await actorOf(services, c), { pageSize, pageToken });
      return c.json({ transfers: page.items.map(transferToJson), next_page_token: page.nextPageToken }, 200);
    })
    .openapi(nodes, async (c) => c.json({ nodes: (await services.nodes.list()).map(nodeToJson) }, 200));
}
