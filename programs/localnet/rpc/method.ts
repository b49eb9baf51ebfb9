import type { z } from 'zod';
import type { Chain } from '../chain/chain.ts';
import { parseParams } from './params.ts';

export interface RpcContext {
  readonly chain: Chain;
  readonly allowWarp: boolean;
}

export type RpcMethod = (context: RpcContext, params: unknown) => unknown;

export type MethodTable = Readonly<Record<string, RpcMethod>>;

/** A method whose handler only ever sees parameters that its schema accepted. */
export function method<T extends z.ZodType>(schema: T, handler: (context: RpcContext, params: z.output<T>) => unknown): RpcMethod {
  return (context, params) => handler(context, parseParams(schema, params));
}

export const API_VERSION = '3.0.0';

export function withContext(chain: Chain, value: unknown): Record<string, unknown> {
  return { context: { slot: chain.clock.slot, apiVersion: API_VERSION }, value };
}
