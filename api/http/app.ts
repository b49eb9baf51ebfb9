import { randomUUID } from 'node:crypto';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import type { MiddlewareHandler } from 'hono';
import { logFailure, type EdgeLog } from '#api/services/edge-log';
import type { Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { addressOf, createRouter, type HttpApp, type HttpEnv } from './context.ts';
import { DOCS_POLICY, docsPage } from './docs-page.ts';
import { revalidateReads } from './etag.ts';
import { idempotency } from './idempotency.ts';
import { notFound, problemResponse } from './problem.ts';
import { announceRateLimits, enforceRateLimits } from './rate-limits.ts';
import { assetRoutes } from './routes/assets.ts';
import { authRoutes } from './routes/auth.ts';
import { accountRoutes } from './routes/auth-account.ts';
import { emailAuthRoutes } from './routes/auth-email.ts';
import { walletAuthRoutes } from './routes/auth-wallet.ts';
import { codecRoutes, type CodecEndpoint } from './routes/codec.ts';
import { healthRoutes } from './routes/health.ts';
import { jobEventRoutes } from './routes/job-events.ts';
import { jobRoutes } from './routes/jobs.ts';
import { metricsRoutes, type MetricsSource } from './routes/metrics.ts';
import { operationRoutes } from './routes/operations.ts';
import { machineRoutes } from './routes/machines.ts';
import { ownNodeRoutes } from './routes/own-nodes.ts';
import { personalDataRoutes } from './routes/personal-data.ts';
import { receiptRoutes } from './routes/receipts.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,100}$/;

export interface HttpAppOptions {
  readonly log: EdgeLog;
  /** Decodes payloads for operators. Without it there is no such endpoint. */
  readonly codec?: CodecEndpoint;
  /** Told to operators at /metrics. Without it there is no such endpoint. */
  readonly metrics?: MetricsSource;
  /** Serves what is no API path (the website). Without it, everything else is not found. */
  readonly fallback?: (request: Request, from?: string, requestId?: string) => Promise<Response>;
}

/** The REST API as one Hono app; `fallback` comes last. */
export function createHttpApp(services: Services, options: HttpAppOptions): HttpApp {
  const app = createRouter();
  app.use(async (c, next) => {
    const asked = c.req.header('x-request-id') ?? '';
    c.set('requestId', REQUEST_ID.test(asked) ? asked : randomUUID());
    await next();
    c.res.headers.set('x-request-id', c.get('requestId'));
  });
  app.use(async (c, next) => {
    // The limit below reads a body of unknown length and puts it into a new request, which works for genuine ones only.
    if (c.req.raw.body !== null && c.req.header('content-length') === undefined) c.req.raw = genuine(c.req.raw);
    await next();
  });
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: async (c) => {
        await readAway(c.req.raw.body);
        throw new CyxError('PAYLOAD_TOO_LARGE', 'The request is larger than 1 MiB. Put big things into CyxCloud and send their CID.');
      },
    }),
  );
  app.use('/api/*', announceRateLimits, enforceRateLimits(services));
  app.use(refuseOtherMethods(app));
  for (const reads of ['/api/*', '/.well-known/jwks.json']) app.use(reads, revalidateReads);
  app.use('/api/*', idempotency(services, app));
  for (const routes of [healthRoutes, authRoutes, walletAuthRoutes, emailAuthRoutes, accountRoutes, personalDataRoutes, machineRoutes, ownNodeRoutes, jobRoutes, jobEventRoutes, receiptRoutes, assetRoutes, operationRoutes]) app.route('/', routes(services));
  if (options.codec !== undefined) app.route('/', codecRoutes(services, options.codec));
  if (options.metrics !== undefined) app.route('/', metricsRoutes(services, options.metrics));
  describe(app);

  app.all('/api/*', (c) => {
    throw notFound(c.req.method, c.req.path);
  });
  const { fallback } = options;
  if (fallback !== undefined) app.all('*', (c) => fallback(c.req.raw, addressOf(c), c.get('requestId')));
  app.notFound((c) => problemResponse(notFound(c.req.method, c.req.path), c.get('requestId')));
  app.onError((error, c) => {
    const known = fromHono(error);
    logFailure(options.log, known, { requestId: c.get('requestId'), method: c.req.method, path: c.req.path });
    return problemResponse(known, c.get('requestId'));
  });
  return app;
}

/** A path that is there, but not with this method, is another answer than one that is not there. */
function refuseOtherMethods(app: HttpApp): MiddlewareHandler<HttpEnv> {
  let known: readonly KnownPath[] | undefined;
  return async (c, next) => {
    const { methods } = (known ??= knownPaths(app)).find(({ pattern }) => pattern.test(c.req.path)) ?? {};
    if (methods === undefined || methods.has(c.req.method)) return next();
    const allow = [...methods].sort().join(', ');
    throw new CyxError('METHOD_NOT_ALLOWED', `${c.req.method} is not possible here, but ${allow} is.`, { facts: { allow } });
  };
}

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Those that name everything come first: `/api/jobs/prepare` is no job. */
function knownPaths(app: HttpApp): KnownPath[] {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL' || path.includes('*')) continue;
    // HEAD is answered wherever GET is.
    for (const one of method === 'GET' ? ['GET', 'HEAD'] : [method]) methods.set(path, (methods.get(path) ?? new Set()).add(one));
  }
  // What stands before one path alone is its CORS, which answers what browsers ask in advance.
  for (const { path, method } of app.routes) if (method === 'ALL') methods.get(path)?.add('OPTIONS');
  return [...methods]
    .sort(([a], [b]) => Number(a.includes(':')) - Number(b.includes(':')))
    .map(([path, known]) => ({ pattern: new RegExp(`^${path.replace(/:[^/]+/g, '[^/]+')}$`), methods: known }));
}

function genuine({ url, method, headers, body }: Request): Request {
  return new Request(url, { method, headers, body, duplex: 'half' });
}

/** Most clients read the answer only once they have sent everything; beyond this they are cut off. */
const MAX_READ_AWAY_BYTES = 16 * MAX_BODY_BYTES;

async function readAway(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null || body.locked) return;
  const reader = body.getReader();
  for (let sizeBytes = 0; sizeBytes <= MAX_READ_AWAY_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    sizeBytes += value.length;
  }
}

/** Hono itself only complains about bodies that it can not read. */
function fromHono(error: Error): Error {
  if (!(error instanceof HTTPException) || error.status >= 500) return error;
  return new CyxError('INVALID_INPUT', 'The body must be JSON, sent with "Content-Type: application/json".', { cause: error });
}

function describe(app: HttpApp): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  const description = 'Train models on other people’s hardware, paid from an on-chain escrow. Amounts are base units: 1 CYXWIZ = 1,000,000,000.';
  const about = { openapi: '3.1.0', info: { title: 'CyxWiz', version: '1', description } };
  app.doc31('/api/openapi.json', about);
  app.get('/api/docs', (c) => {
    c.header('content-security-policy', DOCS_POLICY);
    c.header('x-content-type-options', 'nosniff');
    return c.html(docsPage(app.getOpenAPI31Document(about)));
  });
}
