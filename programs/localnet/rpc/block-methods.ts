import { z } from 'zod';
import type { Chain } from '../chain/chain.ts';
import { SLOT_MS } from '../chain/slot-clock.ts';
import { encodeTransactionBody } from '../codec/transaction.ts';
import { RpcError } from './errors.ts';
import { method, type MethodTable } from './method.ts';
import { readConfig, safeInteger } from './params.ts';

const MAX_RANGE = 500_000;

const encoding = z.enum(['json', 'jsonParsed', 'base64', 'base58']);
const blockConfig = z.union([
  encoding.transform((value) => ({
    encoding: value,
    transactionDetails: undefined,
    rewards: undefined,
    maxSupportedTransactionVersion: undefined,
  })),
  z.object({
    encoding: encoding.nullish(),
    transactionDetails: z.enum(['full', 'accounts', 'signatures', 'none']).nullish(),
    rewards: z.boolean().nullish(),
    maxSupportedTransactionVersion: z.number().int().min(0).max(255).nullish(),
  }),
]);

export const blockMethods: MethodTable = {
  getBlock: method(z.tuple([safeInteger, blockConfig.nullish()]), ({ chain }, [slot, config]) => {
    requireReached(chain, slot);
    const details = config?.transactionDetails ?? 'full';
    const view = {
      encoding: config?.encoding ?? undefined,
      maxSupportedTransactionVersion: config?.maxSupportedTransactionVersion ?? undefined,
    };
    const entries = chain.history.ofSlot(slot);
    const body =
      details === 'none'
        ? {}
        : details === 'signatures'
          ? { signatures: entries.map((entry) => entry.signature) }
          : details === 'full'
            ? { transactions: entries.map((entry) => encodeTransactionBody(chain.transaction(entry), view)) }
            : undefined;
    if (body === undefined)
      throw new RpcError('invalidParams', 'Invalid params: transactionDetails "accounts" is not offered by this chain');
    const parentSlot = Math.max(0, slot - 1);
    const { clock } = chain;
    return {
      blockhash: clock.blockhashOf(slot),
      previousBlockhash: clock.blockhashOf(parentSlot),
      parentSlot,
      blockHeight: slot,
      blockTime: blockTime(chain, slot),
      ...(config?.rewards === false ? {} : { rewards: [] }),
      ...body,
    };
  }),
  getBlocks: method(
    z.tuple([safeInteger, z.union([safeInteger, readConfig]).nullish(), readConfig.nullish()]),
    ({ chain }, [first, second]) => range(chain, first, typeof second === 'number' ? second : chain.clock.slot),
  ),
  getBlocksWithLimit: method(
    z.tuple([safeInteger, safeInteger.max(MAX_RANGE), readConfig.nullish()]),
    ({ chain }, [first, limit]) => range(chain, first, first + limit - 1),
  ),
  getBlockTime: method(z.tuple([safeInteger]), ({ chain }, [slot]) => {
    requireReached(chain, slot);
    return blockTime(chain, slot);
  }),
};

/** Every slot has a block here, so every slot up to now has a hash that never changes. */
function requireReached(chain: Chain, slot: number): void {
  if (slot > chain.clock.slot) throw new RpcError('blockNotAvailable', `Block not available for slot ${slot}`);
}

function range(chain: Chain, first: number, last: number): number[] {
  const end = Math.min(last, chain.clock.slot);
  if (end - first >= MAX_RANGE) throw new RpcError('invalidParams', `Slot range too large; max ${MAX_RANGE}`);
  return Array.from({ length: Math.max(0, end - first + 1) }, (_item, index) => first + index);
}

/** Known for recent slots and for slots with transactions; older empty slots are counted back from now. */
function blockTime(chain: Chain, slot: number): number {
  const known = chain.clock.timeOf(slot) ?? chain.history.ofSlot(slot)[0]?.unixTimeS;
  return known ?? chain.clock.unixTimeS - Math.round(((chain.clock.slot - slot) * SLOT_MS) / 1000);
}
