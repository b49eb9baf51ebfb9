import { recordTransfer } from '#db/postgres/ledger';
import { findEscrowVaultPda } from '#programs/clients/ts/pda';
import type { Landed } from '../chain/landed.ts';
import type { EscrowDeps, Subject } from './deps.ts';

/**
 * Anybody can send tokens to a vault, and settlement sweeps all of it. What was in it beyond the agreed amount is
 * booked as coming from outside, so that the escrow's account still ends at zero.
 */
export async function bookDonation({ db }: EscrowDeps, { job, address }: Subject, landed: Landed): Promise<void> {
  const sweptBase = -landed.tokenDeltaBase(findEscrowVaultPda(address).address);
  await recordTransfer(db, {
    transferKey: `${job.id}/donation/0`,
    from: 'outside',
    to: `escrow:${address.toBase58()}`,
    currency: 'CYXWIZ',
    amountBase: sweptBase > job.amountBase ? sweptBase - job.amountBase : 0n,
    purpose: 'donation',
    signature: landed.signature,
    jobId: job.id,
  });
}
