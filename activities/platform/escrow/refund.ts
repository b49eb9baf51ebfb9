import { CyxError } from '#core/errors/cyx-error';
import { recordTransfer } from '#db/postgres/ledger';
import { findIntent, forbidIntent } from '#db/postgres/intents';
import { type EscrowAccount, refundInstruction } from '#programs/clients/ts/job-escrow';
import { findEscrowVaultPda } from '#programs/clients/ts/pda';
import { type Landed, latestSignatureOf, readLanded } from '../chain/landed.ts';
import { mayStillLand } from '../chain/send-once.ts';
import type { EscrowStatus } from '../contract.ts';
import { bookDonation } from './donation.ts';
import { chainStep, type EscrowDeps, stepKeys, type Subject, subjectOf } from './deps.ts';
import { bookLock } from './lock.ts';

/** Gives the whole escrow back to the requester where one is locked; otherwise says what became of it. */
export async function refundEscrow(deps: EscrowDeps, jobId: string): Promise<{ status: EscrowStatus }> {
  const subject = await subjectOf(deps, jobId);
  const escrow = await deps.chain.escrow(subject.address);
  if (escrow === null) {
    // A lock that is still being prepared somewhere must not be sent after we said that there is nothing to refund.
    if (await forbidIntent(deps.db, stepKeys.lock(jobId))) return { status: 'none' };
    if (await mayStillLand(deps.chain, deps.db, stepKeys.lock(jobId))) {
      throw new CyxError('CHAIN_UNAVAILABLE', 'The lock may still land on chain; the refund waits for it');
    }
    const late = await deps.chain.escrow(subject.address);
    if (late !== null) throw new CyxError('CHAIN_UNAVAILABLE', 'The lock has just landed; it is refunded with the next try');
    return { status: 'none' };
  }
  if (escrow.status === 'released') return { status: 'released' };
  // First the tokens, then the books: what was not booked yet can be booked later too.
  const landed = await giveBack(deps, subject, escrow);
  await bookLock(deps, subject, escrow);
  await bookDonation(deps, subject, landed);
  await recordTransfer(deps.db, {
    transferKey: stepKeys.refund(jobId),
    from: `escrow:${subject.address.toBase58()}`,
    to: `wallet:${subject.requester.toBase58()}`,
    currency: 'CYXWIZ',
    amountBase: -landed.tokenDeltaBase(findEscrowVaultPda(subject.address).address),
    purpose: 'refund',
    signature: landed.signature,
    jobId,
    userId: subject.job.userId,
  });
  return { status: 'refunded' };
}

async function giveBack(deps: EscrowDeps, subject: Subject, escrow: EscrowAccount): Promise<Landed> {
  const key = stepKeys.refund(subject.job.id);
  if (escrow.status === 'refunded' && (await findIntent(deps.db, key)) === null) {
    // The requester took it back alone after the expiry.
    return readLanded(deps.chain, await latestSignatureOf(deps.chain, findEscrowVaultPda(subject.address).address));
  }
  const { mint } = await deps.chain.deployment();
  return chainStep(deps, {
    key,
    jobId: subject.job.id,
    build: async () => ({
      instructions: [
        refundInstruction({
          payer: deps.chain.authority.publicKey,
          signer: deps.chain.authority.publicKey,
          escrow: subject.address,
          requester: subject.requester,
          rentPayer: escrow.rentPayer,
          mint,
        }),
      ],
    }),
  });
}
