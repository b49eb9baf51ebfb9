import type { PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { findAttempt } from '#db/postgres/attempts';
import { recordTransfers } from '#db/postgres/ledger';
import { releasePaymentInstruction } from '#programs/clients/ts/job-escrow';
import { findAssociatedTokenAddress } from '#programs/clients/ts/pda';
import type { Landed } from '../chain/landed.ts';
import type { EscrowStatus } from '../contract.ts';
import { projectNodeAccount } from '../node-projection.ts';
import { bookDonation } from './donation.ts';
import { requireVerdict } from './verdict-check.ts';
import { chainStep, type EscrowDeps, requireEscrow, stepKeys, type Subject, subjectOf } from './deps.ts';

/** Pays 90 % to the node's owner and the rest to the platform, or finds that the escrow is settled. */
export async function releasePayment(deps: EscrowDeps, jobId: string, attempt: number): Promise<{ status: EscrowStatus }> {
  const subject = await subjectOf(deps, jobId);
  const escrow = await requireEscrow(deps, subject);
  if (escrow.status === 'refunded') return { status: 'refunded' };
  const paid = escrow.attempts[attempt - 1];
  if (paid === undefined) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} is not on chain`);
  await requireVerdict(deps.db, { jobId, attempt }, paid, 'valid');
  const node = await deps.chain.node(paid.node);
  if (node === null) throw new CyxError('STATE_CONFLICT', 'The node of this attempt has no account on chain');
  const { mint, escrow: config } = await deps.chain.deployment();
  const landed = await chainStep(deps, {
    key: stepKeys.release(jobId, attempt),
    jobId,
    attempt,
    build: async () => ({
      instructions: [
        releasePaymentInstruction({
          payer: deps.chain.authority.publicKey,
          authority: deps.chain.authority.publicKey,
          escrow: subject.address,
          attempt,
          node: paid.node,
          nodeOwner: node.owner,
          treasuryOwner: config.treasuryOwner,
          rentPayer: escrow.rentPayer,
          mint,
        }),
      ],
    }),
  });
  await bookDonation(deps, subject, landed);
  await bookPayout(deps, { subject, attempt, landed, mint, nodeOwner: node.owner, treasuryOwner: config.treasuryOwner });
  const claim = await findAttempt(deps.db, { jobId, attempt });
  if (claim?.nodeId != null) await projectNodeAccount(deps, claim.nodeId);
  return { status: 'released' };
}

interface Payout {
  readonly subject: Subject;
  readonly attempt: number;
  readonly landed: Landed;
  readonly mint: PublicKey;
  readonly nodeOwner: PublicKey;
  readonly treasuryOwner: PublicKey;
}

async function bookPayout({ db }: EscrowDeps, payout: Payout): Promise<void> {
  const { subject, attempt, landed, mint } = payout;
  const gained = (owner: PublicKey): bigint => landed.tokenDeltaBase(findAssociatedTokenAddress({ owner, mint }));
  const common = {
    from: `escrow:${subject.address.toBase58()}`,
    currency: 'CYXWIZ' as const,
    signature: landed.signature,
    jobId: subject.job.id,
    attempt,
  };
  await recordTransfers(db, [
    {
      ...common,
      transferKey: `${subject.job.id}/node-payout/${attempt}`,
      to: `wallet:${payout.nodeOwner.toBase58()}`,
      amountBase: gained(payout.nodeOwner),
      purpose: 'node-payout',
    },
    {
      ...common,
      transferKey: `${subject.job.id}/platform-fee/${attempt}`,
      to: 'platform',
      amountBase: gained(payout.treasuryOwner),
      purpose: 'platform-fee',
    },
  ]);
}
