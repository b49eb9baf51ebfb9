import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import type { LocalnetLog } from '../options.ts';
import { accountMethods } from './account-methods.ts';
import { blockMethods } from './block-methods.ts';
import { clusterMethods } from './cluster-methods.ts';
import { RpcError } from './errors.ts';
import type { MethodTable, RpcContext } from './method.ts';
import { tokenMethods } from './token-methods.ts';
import { transactionMethods } from './transaction-methods.ts';
import { warpMethods } from './warp-method.ts';

export const RPC_METHODS: MethodTable = {
  ...accountMethods,
  ...blockMethods,
  ...clusterMethods,
  ...tokenMethods,
  ...transactionMethods,
  ...warpMethods,
};

const MAX_BATCH = 1000;

const request = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().max(100),
  params: z.unknown().optional(),
});

type Handler = (method: string, params: unknown) => unknown;

/** Methods every connection has. */
export function tableHandler(context: RpcContext, methods: MethodTable = RPC_METHODS): Handler {
  return (name, params) => {
    const found = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (found === undefined) throw new RpcError('methodNotFound', `Method not found: ${name.slice(0, 100)}`);
    return found(context, params);
  };
}

/** Answers a message, single or batch; undefined where nothing is to be answered (notifications only). */
export async function dispatch(text: string, handle: Handler, log: LocalnetLog): Promise<unknown> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return failure(null, new RpcError('parse', 'Parse error'));
  }
  if (!Array.isArray(message)) return await answer(message, handle, log);
  if (message.length === 0 || message.length > MAX_BATCH)
    return failure(null, new RpcError('invalidRequest', `Invalid request: a batch holds 1 to ${MAX_BATCH} calls`));
  const answers = await Promise.all(message.map((item) => answer(item, handle, log)));
  const given = answers.filter((item) => item !== undefined);
  return given.length === 0 ? undefined : given;
}

async function answer(message: unknown, handle: Handler, log: LocalnetLog): Promise<unknown> {
  const parsed = request.safeParse(message);
  if (!parsed.success) return failure(null, new RpcError('invalidRequest', 'Invalid request'));
  const { id, method, params } = parsed.data;
  try {
    const result = await handle(method, params);
    return id === undefined ? undefined : { jsonrpc: '2.0', result: result ?? null, id };
  } catch (error) {
    return id === undefined ? undefined : failure(id, toRpcError(error, method, log));
  }
}

function failure(id: string | number | null, { code, message, data }: RpcError): Record<string, unknown> {
  return { jsonrpc: '2.0', error: { code, message, ...(data === undefined ? {} : { data }) }, id };
}

function toRpcError(error: unknown, method: string, log: LocalnetLog): RpcError {
  if (error instanceof RpcError) return error;
  log('rpc.error', { method, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  // Our own errors are written for people; of others only that something broke is told.
  return new RpcError('internal', error instanceof CyxError ? error.message : `Internal error in ${method}`);
}
