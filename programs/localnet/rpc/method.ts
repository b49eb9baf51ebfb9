import type { z } from 'zod';
import type { Chain } from '../chain/chain.ts';
import { RpcError } from './errors.ts';
import { parseParams } from './params.ts';

export interface RpcContext {
  readonly chain: Chain;
  readonly allowWarp: boolean;
}

export type RpcMethod = (context: RpcContext, params: unknown) => unknown;

export type MethodTable = Readonly<Record<string, RpcMethod>>;

/** A method whose handler only ever sees parameters that its schema accepted. */
export function method<T extends z.ZodType>(
  schema: T,
  handler: (context: RpcContext, params: z.output<T>) => unknown,
): RpcMethod {
  return (context, params) => {
    const parsed = parseParams(schema, params);
    requireSlot(context.chain, parsed);
    return handler(context, parsed);
  };
}

/** A reader that has already seen a later slot must not be given an older state. */
function requireSlot(chain: Chain, params: unknown): void {
  if (!Array.isArray(params)) return;
  for (const param of params as unknown[]) {
    const wanted = (param as { minContextSlot?: number | null } | null | undefined)?.minContextSlot;
    if (typeof wanted === 'number' && wanted > chain.clock.slot)
      throw new RpcError('minContextSlot', 'Minimum context slot has not been reached', {
        contextSlot: chain.clock.slot,
      });
  }
}

export const API_VERSION = '3.0.0';

export function withContext(chain: Chain, value: unknown): Record<string, unknown> {
  return { context: { slot: chain.clock.slot, apiVersion: API_VERSION }, value };
}
