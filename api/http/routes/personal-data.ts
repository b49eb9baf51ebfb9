import { createRoute } from '@hono/zod-openapi';
import type { TypedResponse } from 'hono';
import { z } from 'zod';
import { deletionBody, deletionJson, deletionPlanJson, EXPORT_FILE_NAME, exportJson, exportText } from '#api/client/wire/personal-data';
import type { Services } from '#api/services/types';
import { actorOf, bearer, createRouter, jsonAnswer, jsonBody, problems, type HttpApp } from '../context.ts';

const params = z.object({ id: z.string() });

const exporting = createRoute({
  method: 'get',
  path: '/api/users/{id}/export',
  summary: 'Everything that is stored about oneself, without keys and password hashes',
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer(exportJson, 'A file'), ...problems },
});
const plan = createRoute({
  method: 'get',
  path: '/api/users/{id}/deletion',
  summary: 'What would be lost with one’s account, and what keeps it from being deleted',
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer(deletionPlanJson, 'The plan'), ...problems },
});
const deletion = createRoute({
  method: 'post',
  path: '/api/users/{id}/deletion',
  summary: 'Delete one’s account: refused while funds are locked or jobs are open; the keys of all stored data are destroyed',
  security: bearer,
  request: { params, ...jsonBody(deletionBody) },
  responses: { 202: jsonAnswer(deletionJson, 'Under way; nobody gets in any more'), ...problems },
});

export function personalDataRoutes(services: Services): HttpApp {
  const { personalData } = services;
  return createRouter()
    .openapi(exporting, async (c) => {
      const exported = await personalData.export(await actorOf(services, c), c.req.valid('param').id);
      const headers = { 'content-type': 'application/json', 'content-disposition': `attachment; filename="${EXPORT_FILE_NAME}"`, 'cache-control': 'private, no-store' };
      const file: Response = new Response(exportText(exported), { headers });
      // Written here, since amounts are bigints that no JSON writer knows.
      return file as Response & TypedResponse<Record<string, never>, 200, 'json'>;
    })
    .openapi(plan, async (c) => {
      const { blockers, lost } = await personalData.deletionPlan(await actorOf(services, c), c.req.valid('param').id);
      const { apiKeys, wallet, ...counts } = lost;
      const lostWallet = wallet === null ? null : { address: wallet.address, balance_base: wallet.balanceBase.toString() };
      return c.json({ blockers: [...blockers], lost: { ...counts, api_keys: apiKeys, wallet: lostWallet } }, 200);
    })
    .openapi(deletion, async (c) => {
      const { username, password = '' } = c.req.valid('json');
      const { workflowId } = await personalData.requestDeletion(await actorOf(services, c), c.req.valid('param').id, { username, password });
      return c.json({ workflow_id: workflowId }, 202);
    });
}
