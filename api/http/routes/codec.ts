import { createRoute } from '@hono/zod-openapi';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { z } from 'zod';
import type { UserRole } from '#api/auth/tokens';
import type { Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { OPERATOR_PAGE_POLICY, operatorPage } from '../codec-login-page.ts';
import { actorOf, bearer, createRouter, jsonAnswer, jsonBody, problems, type HttpApp, type HttpEnv } from '../context.ts';

/** What the codec endpoint needs besides the services. */
export interface CodecEndpoint {
  readonly payloads: PayloadCodec;
  /** Address of Temporal Web: the one foreign origin that may call from a browser. */
  readonly temporalUiUrl: string;
}

const PATH = '/api/codec';
const COOKIE = 'cyxwiz_operator';
const MAX_PAYLOADS = 1_000;

/** Protobuf's JSON form of bytes: base64 of either alphabet. */
const bytesJson = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'must be base64');
const payloadJson = z.object({ metadata: z.record(z.string().max(100), bytesJson).nullish(), data: bytesJson.nullish() });
const payloadsJson = z.object({ payloads: z.array(payloadJson).max(MAX_PAYLOADS) });
type PayloadJson = z.output<typeof payloadJson>;

const loginForm = z.object({ token: z.string().trim().min(1).max(4_000) });

const route = (direction: 'encode' | 'decode', summary: string, answer: string) =>
  createRoute({
    method: 'post',
    path: `${PATH}/${direction}`,
    summary,
    security: bearer,
    request: jsonBody(payloadsJson),
    responses: { 200: jsonAnswer(payloadsJson, answer), ...problems },
  });
const encode = route('encode', 'Encrypts Temporal payloads (operators; what Temporal Web and its CLI call)', 'The same payloads, encrypted');
const decode = route('decode', 'Decrypts Temporal payloads (operators; what Temporal Web and its CLI call)', 'The same payloads in the clear; plain ones as they were');

/**
 * The codec endpoint: an operator's Temporal Web and `temporal` CLI show through it what the platform has encrypted. Who
 * asks is known by a bearer token, by the cookie that the page at `/api/codec/login` gives for one, or by the browser
 * session of an account with the role `operator`.
 */
export function codecRoutes(services: Services, endpoint: CodecEndpoint): HttpApp {
  const app = createRouter();
  const operatorsOnly: MiddlewareHandler<HttpEnv> = async (c, next) => {
    if ((await roleOf(services, c)) !== 'operator') throw new CyxError('FORBIDDEN', 'Only operators may read payloads.');
    await next();
    c.res.headers.set('cache-control', 'no-store');
  };
  const origin = new URL(endpoint.temporalUiUrl).origin;
  for (const path of [encode.path, decode.path]) {
    app.use(path, cors({ origin, credentials: true, allowMethods: ['POST'], allowHeaders: ['content-type', 'authorization', 'x-namespace'], maxAge: 600 }));
    app.use(path, operatorsOnly);
  }
  app.openapi(encode, async (c) => c.json(await through(endpoint.payloads.encode, c.req.valid('json').payloads), 200));
  app.openapi(decode, async (c) => c.json(await through(endpoint.payloads.decode, c.req.valid('json').payloads), 200));
  addLogin(app, services);
  return app;
}

function addLogin(app: HttpApp, services: Services): void {
  app.use(`${PATH}/login`, async (c, next) => {
    c.header('content-security-policy', OPERATOR_PAGE_POLICY);
    c.header('x-content-type-options', 'nosniff');
    c.header('cache-control', 'no-store');
    await next();
  });
  app.get(`${PATH}/login`, (c) => c.html(operatorPage('ask', endpointOf(c))));
  app.post(`${PATH}/login`, async (c) => {
    const form = loginForm.safeParse(await c.req.parseBody());
    const role = form.success ? await roleOfToken(services, form.data.token) : undefined;
    if (!form.success || role !== 'operator') return c.html(operatorPage('refused', endpointOf(c)), 403);
    // Until the browser is closed; the token in it ends by itself after a day.
    setCookie(c, COOKIE, form.data.token, { path: PATH, httpOnly: true, sameSite: 'Strict', secure: new URL(c.req.url).protocol === 'https:' });
    return c.html(operatorPage('done', endpointOf(c)));
  });
}

const endpointOf = (c: Context<HttpEnv>): string => new URL(PATH, c.req.url).href;

/** @throws CyxError UNAUTHENTICATED where nobody is logged in. */
async function roleOf(services: Services, c: Context<HttpEnv>): Promise<UserRole> {
  if (c.req.header('authorization') !== undefined) return (await actorOf(services, c)).role;
  const token = getCookie(c, COOKIE);
  const role = token === undefined ? undefined : await roleOfToken(services, token);
  if (role !== undefined) return role;
  const session = await services.sessions.validate(c.req.header('cookie') ?? null);
  if (session === null) throw new CyxError('UNAUTHENTICATED', `Log in as an operator first: with a browser at ${PATH}/login, with programs by the header "Authorization: Bearer <token>".`);
  return session.user.role;
}

/** Undefined for a token that is not good (any more): there may be another way in. */
async function roleOfToken(services: Services, token: string): Promise<UserRole | undefined> {
  try {
    return (await services.tokens.verifyUserToken(token)).role;
  } catch (error) {
    if (error instanceof CyxError && error.spec.http < 500) return undefined;
    throw error;
  }
}

async function through(convert: (payloads: Payload[]) => Promise<Payload[]>, payloads: readonly PayloadJson[]): Promise<{ payloads: PayloadJson[] }> {
  return { payloads: (await convert(payloads.map(fromJson))).map(toJson) };
}

function fromJson({ metadata, data }: PayloadJson): Payload {
  const entries = Object.entries(metadata ?? {}).map(([key, value]): [string, Uint8Array] => [key, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? '', 'base64') };
}

function toJson({ metadata, data }: Payload): PayloadJson {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, base64(value)])),
    data: base64(data ?? new Uint8Array()),
  };
}
