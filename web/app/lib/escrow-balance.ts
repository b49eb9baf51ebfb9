import type { TransferView } from '#api/services/types';
import type { Wire } from './wire.ts';

type Movement = Pick<Wire<TransferView>, 'from' | 'to' | 'amountBase'>;

/** What a job's escrow holds after these transfers, in base units. */
export function escrowBalance(transfers: readonly Movement[]): bigint {
  return transfers.reduce((sum, { from, to, amountBase }) => {
    if (to.startsWith('escrow:')) return sum + BigInt(amountBase);
    return from.startsWith('escrow:') ? sum - BigInt(amountBase) : sum;
  }, 0n);
}
