import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Services } from '#api/services/types';
import { actorOf, bearer, createRouter, jsonAnswer, problems, type HttpApp } from '../context.ts';

const noteJson = z.object({ subject: z.string(), message: z.string() });
const auditJson = z.object({
  ok: z.boolean(),
  checked_at: z.string(),
  accounts: z.int(),
  jobs: z.int(),
  supply_base: z.string(),
  problems: z.array(noteJson),
  unbooked: z.array(noteJson),
});

const audit = createRoute({
  method: 'get',
  path: '/api/ops/audit',
  summary: 'Proves the ledger against the chain (operators)',
  security: bearer,
  responses: { 200: jsonAnswer(auditJson, 'What was compared, and what differs'), ...problems },
});

export function operationRoutes(services: Services): HttpApp {
  const app = createRouter();
  app.openapi(audit, async (c) => {
    const report = await services.operations.audit(await actorOf(services, c));
    // True at its moment only.
    c.header('cache-control', 'no-store');
    return c.json(
      {
        ok: report.ok,
        checked_at: report.checkedAt.toISOString(),
        accounts: report.accounts,
        jobs: report.jobs,
        supply_base: report.supplyBase.toString(),
        problems: [...report.problems],
        unbooked: [...report.unbooked],
      },
      200,
    );
  });
  return app;
}
