import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { transfersJson, walletJson } from '#api/client/wire/account';
import { keyFromText, keyToText } from '#api/client/wire/common';
import { datasetBody, datasetJson, datasetKeyJson, datasetsJson, modelJson, modelsJson } from '#api/client/wire/job';
import { nodeJson, nodesJson } from '#api/client/wire/machine';
import type { PageRequest, Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { cidText, idText } from '#core/input/ids';
import { actorOf, bearer, createRouter, jsonAnswer, problems, type HttpApp } from '../context.ts';
import { creates } from '../idempotency.ts';
import { datasetToJson, modelToJson, nodeToJson, transferToJson, walletToJson } from '../to-json.ts';
import { pageQuery } from './jobs.ts';

const datasets = createRoute({
  method: 'get',
  path: '/api/datasets',
  summary: 'One’s datasets, newest first',
  security: bearer,
  request: { query: pageQuery },
  responses: { 200: jsonAnswer(datasetsJson, 'A page of datasets'), ...problems },
});
const dataset = createRoute({
  method: 'get',
  path: '/api/datasets/{cid}',
  summary: 'One of one’s datasets',
  security: bearer,
  request: { params: z.object({ cid: cidText }) },
  responses: { 200: jsonAnswer(datasetJson, 'The dataset'), ...problems },
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
  summary: 'One’s trained models, newest first',
  security: bearer,
  request: { query: pageQuery },
  responses: { 200: jsonAnswer(modelsJson, 'A page of models'), ...problems },
});
const model = createRoute({
  method: 'get',
  path: '/api/models/{job_id}',
  summary: 'The model that a job of one’s own has made',
  security: bearer,
  request: { params: z.object({ job_id: idText('a job') }) },
  responses: { 200: jsonAnswer(modelJson, 'The model'), ...problems },
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
  summary: 'Whom one could hire, the oldest first',
  request: { query: pageQuery },
  responses: { 200: jsonAnswer(nodesJson, 'A page of nodes'), ...problems },
});
const node = createRoute({
  method: 'get',
  path: '/api/nodes/{id}',
  summary: 'A node that one could hire',
  request: { params: z.object({ id: idText('a node') }) },
  responses: { 200: jsonAnswer(nodeJson, 'The node'), ...problems },
});

export function assetRoutes(services: Services): HttpApp {
  return createRouter()
    .openapi(datasets, async (c) => {
      const page = await services.datasets.page(await actorOf(services, c), pageOf(c.req.valid('query')));
      return c.json({ datasets: page.items.map(datasetToJson), next_page_token: page.nextPageToken }, 200);
    })
    .openapi(dataset, async (c) => c.json(datasetToJson(await services.datasets.get(await actorOf(services, c), c.req.valid('param').cid)), 200))
    .openapi(addDataset, async (c) => {
      const body = c.req.valid('json');
      const registered = await services.datasets.register(await actorOf(services, c), {
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
      return c.json(datasetToJson(registered), 201);
    })
    .openapi(datasetKey, async (c) => {
      const { cid, key } = await services.datasets.open(await actorOf(services, c), c.req.valid('param').cid);
      c.header('cache-control', 'no-store');
      return c.json({ cid, key: keyToText(key) }, 200);
    })
    .openapi(models, async (c) => {
      const page = await services.models.page(await actorOf(services, c), pageOf(c.req.valid('query')));
      return c.json({ models: page.items.map(modelToJson), next_page_token: page.nextPageToken }, 200);
    })
    .openapi(model, async (c) => c.json(modelToJson(await services.models.get(await actorOf(services, c), c.req.valid('param').job_id)), 200))
    .openapi(wallet, async (c) => {
      const found = await services.wallet.get(await actorOf(services, c));
      if (found === null) throw new CyxError('NOT_FOUND', 'Your wallet is still being made. Try again in a moment.');
      return c.json(walletToJson(found), 200);
    })
    .openapi(transfers, async (c) => {
      const page = await services.wallet.transfers(await actorOf(services, c), pageOf(c.req.valid('query')));
      return c.json({ transfers: page.items.map(transferToJson), next_page_token: page.nextPageToken }, 200);
    })
    .openapi(nodes, async (c) => {
      const page = await services.nodes.page(pageOf(c.req.valid('query')));
      return c.json({ nodes: page.items.map(nodeToJson), next_page_token: page.nextPageToken }, 200);
    })
    .openapi(node, async (c) => c.json(nodeToJson(await services.nodes.get(c.req.valid('param').id)), 200));
}

function pageOf({ page_size: pageSize, page_token: pageToken }: z.output<typeof pageQuery>): PageRequest {
  return { pageSize, pageToken };
}
