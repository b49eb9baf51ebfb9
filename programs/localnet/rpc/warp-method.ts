import { z } from 'zod';
import { SLOT_MS } from '../chain/slot-clock.ts';
import { RpcError } from './errors.ts';
import { method, type MethodTable } from './method.ts';

const MAX_SECONDS = 10 * 365 * 24 * 3600;

/**
 * Time travel, forward only. `slots` follows from `seconds` when absent; `slots: 0` keeps blockhashes that were
 * handed out valid.
 */
export const warpMethods: MethodTable = {
  cyxwizWarpClock: method(
    z.tuple([
      z.object({
        seconds: z.number().int().min(0).max(MAX_SECONDS),
        slots: z
          .number()
          .int()
          .min(0)
          .max((MAX_SECONDS * 1000) / SLOT_MS)
          .nullish(),
      }),
    ]),
    async ({ chain, allowWarp }, [{ seconds, slots }]) => {
      if (!allowWarp)
        throw new RpcError('methodNotFound', 'Method not found: this chain was started without allowWarp');
      return await chain.warp({ seconds, slots: slots ?? Math.round((seconds * 1000) / SLOT_MS) });
    },
  ),
};
