import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { isErrorCode } from '#core/errors/table';
import { baseFromString } from '#core/money/amount';
import type { MeasuredHardware } from './read-hardware.ts';

const TIMEOUT_MS = 10_000;

const userSchema = z.object({ id: z.string() });
const loginSchema = z.object({ token: z.string(), user: userSchema });
const machineSchema = z.object({ machine_id: z.string(), api_key: z.string() });
const walletSchema = z.object({ balance_base: z.string() });
const problemSchema = z.object({ code: z.string(), detail: z.string() });

export interface Login {
  readonly token: string;
  readonly userId: string;
}

export interface Credentials {
  readonly email: string;
  readonly username: string;
  readonly password: string;
}

/** The few REST calls of a machine and, once, of its owner. Throws CyxErrors. */
export interface RestClient {
  register(credentials: Credentials): Promise<Login>;
  login(credentials: Credentials): Promise<Login>;
  registerMachine(login: Login, machine: { hostname: string; os: string; hardware: MeasuredHardware }): Promise<{ machineId: string; apiKey: string }>;
  /** Whose token this is. */
  ownUserId(token: string): Promise<string>;
  /** Undefined while the account has no wallet yet. */
  walletBalanceBase(login: Login): Promise<bigint | undefined>;
  machineHeartbeat(machineId: string, apiKey: string): Promise<void>;
}

/** @param fetch trusts whom the node's owner trusts; left out, the system's authorities count. */
export function createRestClient(apiUrl: string, fetch: typeof globalThis.fetch = globalThis.fetch): RestClient {
  const base = apiUrl.replace(/\/+$/, '');
  const request = requester(base, fetch);
  const loginOf = ({ token, user }: z.output<typeof loginSchema>): Login => ({ token, userId: user.id });
  return {
    register: async (credentials) => loginOf(await request('POST', '/api/auth/register', loginSchema, { body: credentials })),
    login: async ({ email, password }) => loginOf(await request('POST', '/api/auth/login', loginSchema, { body: { email, password } })),
    async registerMachine({ token, userId }, { hostname, os, hardware }) {
      const body = { owner_id: userId, hostname, os, hardware: hardwareJson(hardware) };
      const answer = await request('POST', '/api/machines/register', machineSchema, { bearer: token, body });
      return { machineId: answer.machine_id, apiKey: answer.api_key };
    },
    ownUserId: async (token) => (await request('GET', '/api/auth/me', userSchema, { bearer: token })).id,
    async walletBalanceBase({ token }) {
      try {
        return baseFromString((await request('GET', '/api/wallet', walletSchema, { bearer: token })).balance_base);
      } catch (error) {
        if (error instanceof CyxError && error.code === 'NOT_FOUND') return undefined;
        throw error;
      }
    },
    async machineHeartbeat(machineId, apiKey) {
      await request('POST', `/api/machines/${encodeURIComponent(machineId)}/heartbeat`, z.unknown(), { bearer: apiKey });
    },
  };
}

function hardwareJson({ cpus, gpus, ramTotalMb }: MeasuredHardware): object {
  return {
    cpus,
    gpus: gpus.map(({ deviceId, name, vramMb, cudaVersion }) => ({ device_id: deviceId, name, vram_mb: vramMb, cuda_version: cudaVersion })),
    ram_total_mb: ramTotalMb,
  };
}

interface RequestParts {
  readonly bearer?: string;
  readonly body?: object;
}

type Request = <T extends z.ZodType>(method: 'GET' | 'POST', path: string, schema: T, parts: RequestParts) => Promise<z.output<T>>;

function requester(base: string, fetch: typeof globalThis.fetch): Request {
  return async (method, path, schema, { bearer, body }) => {
    const headers = {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    let response: Response;
    try {
      response = await fetch(base + path, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    } catch (cause) {
      throw new CyxError('UNAVAILABLE', `The platform does not answer at ${base}`, { cause });
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return parseInput(schema, answer, 'INTERNAL');
    const problem = problemSchema.safeParse(answer);
    if (problem.success && isErrorCode(problem.data.code)) throw new CyxError(problem.data.code, problem.data.detail);
    throw new CyxError('UNAVAILABLE', `${method} ${path} answered ${response.status}`);
  };
}
