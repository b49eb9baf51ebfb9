import type { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { isErrorCode } from '#core/errors/table';
import { problemSchema } from './wire/common.ts';

/** How long one call may take; uploads and streams have none. */
const TIMEOUT_MS = 30_000;

/** Where calls go, and with whose token. The token may change between calls. */
export interface HttpTarget {
  readonly baseUrl: string;
  readonly token: () => string | null;
}

interface CallInput {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Longer than usual, for what waits for a chain. */
  readonly timeoutMs?: number;
}

/** One JSON call. A problem that the server reports is thrown as the CyxError it was there. */
export async function httpCall<T extends z.ZodType>(target: HttpTarget, input: CallInput, answer: T): Promise<z.output<T>> {
  const response = await httpSend(target, input, { accept: 'application/json' }, AbortSignal.timeout(input.timeoutMs ?? TIMEOUT_MS));
  const parsed = answer.safeParse(await response.json());
  if (!parsed.success) throw new CyxError('INTERNAL', 'The server answered in a way this client does not know. Update one of them.', { cause: parsed.error });
  return parsed.data;
}

/** One call whose answer is a small file of this media type. */
export async function httpBytes(target: HttpTarget, path: string, mediaType: string): Promise<Uint8Array> {
  const response = await httpSend(target, { method: 'GET', path }, { accept: mediaType }, AbortSignal.timeout(TIMEOUT_MS));
  return new Uint8Array(await response.arrayBuffer());
}

/** The raw answer, where it is a good one. */
export async function httpSend(target: HttpTarget, input: CallInput, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const token = target.token();
  const response = await reach(target.baseUrl + input.path, {
    method: input.method,
    headers: {
      ...headers,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    signal,
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') throw new CyxError('CANCELLED', 'The call was cancelled.', { cause });
    throw new CyxError('UNAVAILABLE', `${new URL(url).origin} does not answer. Is the platform running?`, { cause });
  }
}

async function problemOf(response: Response): Promise<CyxError> {
  const parsed = problemSchema.safeParse(await response.json().catch(() => null));
  if (parsed.success && isErrorCode(parsed.data.code)) {
    return new CyxError(parsed.data.code, parsed.data.detail, { fields: parsed.data.errors, facts: parsed.data.facts });
  }
  return new CyxError(response.status >= 500 ? 'UNAVAILABLE' : 'INVALID_INPUT', `The server answered with status ${response.status}.`);
}
