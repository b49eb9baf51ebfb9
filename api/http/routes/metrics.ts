import type { Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { actorOf, createRouter, type HttpApp } from '../context.ts';

/** Numbers about the running processes, in Prometheus' text format. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

/** For operators, and for the scraper that carries their token; it is no part of the API that programs are promised. */
export function metricsRoutes(services: Services, source: MetricsSource): HttpApp {
  const app = createRouter();
  app.get('/metrics', async (c) => {
    const { role } = await actorOf(services, c);
    if (role !== 'operator') throw new CyxError('FORBIDDEN', 'Only operators may read the metrics.');
    return c.body(await source.text(), 200, { 'content-type': source.contentType, 'cache-control': 'no-store' });
  });
  return app;
}
