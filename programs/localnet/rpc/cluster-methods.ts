import { z } from 'zod';
import { BLOCKHASH_SLOTS } from '../chain/slot-clock.ts';
import { API_VERSION, method, withContext, type MethodTable } from './method.ts';
import { readConfig } from './params.ts';

const SLOTS_IN_EPOCH = 432_000;
const onlyConfig = z.tuple([readConfig.nullish()]);

/** Nobody leads this chain; clients only show the address. */
const LEADER = '11111111111111111111111111111111';

export const clusterMethods: MethodTable = {
  getHealth: method(z.tuple([]), () => 'ok'),
  getVersion: method(z.tuple([]), () => ({ 'solana-core': API_VERSION, 'feature-set': 0 })),
  getIdentity: method(z.tuple([]), () => ({ identity: LEADER })),
  getSlotLeader: method(onlyConfig, () => LEADER),
  getClusterNodes: method(z.tuple([]), () => []),
  getGenesisHash: method(z.tuple([]), ({ chain }) => chain.genesisHash),
  getSlot: method(onlyConfig, ({ chain }) => chain.clock.slot),
  getBlockHeight: method(onlyConfig, ({ chain }) => chain.clock.slot),
  getTransactionCount: method(onlyConfig, ({ chain }) => chain.history.count),
  getFirstAvailableBlock: method(z.tuple([]), () => 0),
  minimumLedgerSlot: method(z.tuple([]), () => 0),
  getMaxRetransmitSlot: method(z.tuple([]), ({ chain }) => chain.clock.slot),
  getEpochInfo: method(onlyConfig, ({ chain }) => {
    const { slot } = chain.clock;
    // The runtime's clock stays in epoch 0 for ever, however large the slot.
    return {
      absoluteSlot: slot,
      blockHeight: slot,
      epoch: 0,
      slotIndex: slot,
      slotsInEpoch: Math.max(SLOTS_IN_EPOCH, slot + 1),
      transactionCount: chain.history.count,
    };
  }),
  getEpochSchedule: method(z.tuple([]), () => ({
    slotsPerEpoch: SLOTS_IN_EPOCH,
    leaderScheduleSlotOffset: SLOTS_IN_EPOCH,
    warmup: false,
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
  })),
  getLatestBlockhash: method(onlyConfig, ({ chain }) => {
    const { blockhash, slot } = chain.clock;
    return withContext(chain, { blockhash, lastValidBlockHeight: slot + BLOCKHASH_SLOTS });
  }),
  isBlockhashValid: method(z.tuple([z.string().max(44), readConfig.nullish()]), ({ chain }, [hash]) =>
    withContext(chain, chain.clock.slotOfBlockhash(hash) !== undefined),
  ),
  getRecentPrioritizationFees: method(z.tuple([z.array(z.string()).max(128).nullish()]), () => []),
  getSupply: method(z.tuple([z.unknown().optional()]), ({ chain }) => {
    const total = chain.accounts.all().reduce((sum, image) => sum + image.lamports, 0n);
    return withContext(chain, { total, circulating: total, nonCirculating: 0, nonCirculatingAccounts: [] });
  }),
};
