import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import {
  drainingBody,
  drainingJson,
  nodeEarningsJson,
  ownNodesJson,
  ownNodeStatusJson,
  pausedBody,
  pausedJson,
  slashesJson,
  topUpBody,
  topUpJson,
  unstakingJson,
} from '#api/client/wire/own-node';
import type { Services } from '#api/services/types';
import { idText } from '#core/input/ids';
import { actorOf, actorOrMachineOf, bearer, createRouter, jsonAnswer, jsonBody, problems, type HttpApp } from '../context.ts';
import { nodeEarningsToJson, ownNodeToJson, slashToJson, unstakingToJson } from '../own-node-to-json.ts';

const params = z.object({ id: idText('a node') });
const about = { security: bearer, request: { params } };

const mine = createRoute({
  method: 'get',
  path: '/api/nodes/mine',
  summary: 'One’s own nodes',
  security: bearer,
  responses: { 200: jsonAnswer(ownNodesJson, 'The nodes'), ...problems },
});
const status = createRoute({
  ...about,
  method: 'get',
  path: '/api/nodes/{id}/status',
  summary: 'A node as its owner sees it, with the job that it holds (bearer: a login, or its machine’s API key)',
  responses: { 200: jsonAnswer(ownNodeStatusJson, 'The node'), ...problems },
});
const draining = createRoute({
  method: 'put',
  path: '/api/nodes/{id}/draining',
  summary: 'Let a node hand back what it has and take nothing new, or go on (bearer: a login, or its machine’s API key)',
  security: bearer,
  request: { params, ...jsonBody(drainingBody) },
  responses: { 200: jsonAnswer(drainingJson, 'What was asked for'), ...problems },
});
const paused = createRoute({
  method: 'put',
  path: '/api/nodes/{id}/paused',
  summary: 'Let a node end the job that it has and take no new one, or go on (bearer: a login, or its machine’s API key)',
  security: bearer,
  request: { params, ...jsonBody(pausedBody) },
  responses: { 200: jsonAnswer(pausedJson, 'What was asked for'), ...problems },
});
const earnings = createRoute({
  ...about,
  method: 'get',
  path: '/api/nodes/{id}/earnings',
  summary: 'What a node was paid, in all and by day (bearer: a login, or its machine’s API key)',
  responses: { 200: jsonAnswer(nodeEarningsJson, 'Its earnings'), ...problems },
});
const slashes = createRoute({
  ...about,
  method: 'get',
  path: '/api/nodes/{id}/slashes',
  summary: 'Why a node lost stake: each slash with its reason, its evidence and its transaction (bearer: a login, or its machine’s API key)',
  responses: { 200: jsonAnswer(slashesJson, 'The slashes, the latest first'), ...problems },
});
const beginUnstaking = createRoute({
  ...about,
  method: 'post',
  path: '/api/nodes/{id}/unstaking',
  summary: 'Lock a node’s stake for 7 days, after which it comes back; asked again, it says how far that has come',
  responses: { 200: jsonAnswer(unstakingJson, 'How far it has come'), ...problems },
});
const cancelUnstaking = createRoute({
  ...about,
  method: 'delete',
  path: '/api/nodes/{id}/unstaking',
  summary: 'Take an unstaking back: the node takes jobs again',
  responses: { 200: jsonAnswer(unstakingJson, 'It is cancelled'), ...problems },
});
const topUp = createRoute({
  method: 'post',
  path: '/api/nodes/{id}/top-ups',
  summary: 'Add to a node’s stake from one’s wallet, once for each request id',
  security: bearer,
  request: { params, ...jsonBody(topUpBody) },
  responses: { 200: jsonAnswer(topUpJson, 'What was added'), ...problems },
});

export function ownNodeRoutes(services: Services): HttpApp {
  const { nodes, serverNodes } = services;
  return createRouter()
    .openapi(mine, async (c) => c.json({ nodes: (await nodes.listMine(await actorOf(services, c))).map(ownNodeToJson) }, 200))
    .openapi(status, async (c) => {
      const { jobs, ...node } = await nodes.getMine(await actorOrMachineOf(services, c), c.req.valid('param').id);
      return c.json({ ...ownNodeToJson(node), jobs: jobs.map(({ jobId, attempt }) => ({ job_id: jobId, attempt })) }, 200);
    })
    .openapi(draining, async (c) => {
      const { id } = c.req.valid('param');
      const wanted = c.req.valid('json').draining;
      await serverNodes.setDraining(await actorOrMachineOf(services, c), id, wanted);
      return c.json({ node_id: id, draining: wanted }, 200);
    })
    .openapi(paused, async (c) => {
      const { id } = c.req.valid('param');
      const wanted = c.req.valid('json').paused;
      await nodes.setPaused(await actorOrMachineOf(services, c), id, wanted);
      return c.json({ node_id: id, paused: wanted }, 200);
    })
    .openapi(earnings, async (c) => c.json(nodeEarningsToJson(await nodes.earnings(await actorOrMachineOf(services, c), c.req.valid('param').id)), 200))
    .openapi(slashes, async (c) => {
      const found = await nodes.slashes(await actorOrMachineOf(services, c), c.req.valid('param').id);
      return c.json({ slashes: found.map(slashToJson) }, 200);
    })
    .openapi(beginUnstaking, async (c) => c.json(unstakingToJson(await nodes.beginUnstaking(await actorOf(services, c), c.req.valid('param').id)), 200))
    .openapi(cancelUnstaking, async (c) => c.json(unstakingToJson(await nodes.cancelUnstaking(await actorOf(services, c), c.req.valid('param').id)), 200))
    .openapi(topUp, async (c) => {
      const { request_id: requestId, amount_base: amount } = c.req.valid('json');
      const added = await nodes.topUpStake(await actorOf(services, c), c.req.valid('param').id, { requestId, amountBase: BigInt(amount) });
      return c.json({ node_id: added.nodeId, amount_base: added.amountBase.toString(), stake_base: added.stakeBase.toString(), signature: added.signature }, 200);
    });
}
