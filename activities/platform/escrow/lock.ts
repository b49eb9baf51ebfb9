import { CyxError } from '#core/errors/cyx-error';
import { patchJob } from '#db/postgres/jobs';
import { isBooked, recordTransfer } from '#db/postgres/ledger';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { createEscrowInstruction, type EscrowAccount } from '#programs/clients/ts/job-escrow';
import type { Landed } from '../chain/landed.ts';
import { managedSigner } from '../chain/managed-signer.ts';
import type { EscrowStatus } from '../contract.ts';
import { chainStep, type EscrowDeps, requireEscrow, stepKeys, type Subject, subjectOf } from './deps.ts';

/** After the deadline plus this time the requester may take the tokens back alone; verification comes before. */
const EXPIRES_AFTER_DEADLINE_SECONDS = 3_600n;

/** Locks the job's tokens, or finds that it happened. The requester signs: a managed wallet through the signer. */
export async function lockEscrow(deps: EscrowDeps, jobId: string): Promise<{ address: string; status: EscrowStatus }> {
  const subject = await subjectOf(deps, jobId);
  const { job, requester, address } = subject;
  const existing = await deps.chain.escrow(address);
  let landed: Landed | undefined;
  if (existing === null) {
    const { mint } = await deps.chain.deployment();
    landed = await chainStep(deps, {
      key: stepKeys.lock(jobId),
      jobId,
      build: async () => {
        const instruction = createEscrowInstruction({
          payer: deps.chain.authority.publicKey,
          requester,
          jobId: uuidToBytes(jobId),
          amountBase: job.amountBase,
          expiresAt: BigInt(Math.ceil(job.deadlineAt.getTime() / 1000)) + EXPIRES_AFTER_DEADLINE_SECONDS,
          mint,
        });
        return { instructions: [instruction], signers: [await managedSigner(deps, requester, [instruction])] };
      },
    });
  }
  const escrow = existing ?? (await requireEscrow(deps, subject));
  if (escrow.amountBase !== job.amountBase) {
    throw new CyxError('STATE_CONFLICT', `The escrow of job ${jobId} holds another amount than was agreed`);
  }
  await patchJob(deps.db, jobId, { escrowAddress: address.toBase58() });
  await bookLock(deps, subject, escrow, landed);
  return { address: address.toBase58(), status: escrow.status };
}

/** Books the lock from what is on chain: also one whose sender died before it could. */
export async function bookLock(
  deps: EscrowDeps,
  { job, requester, address }: Subject,
  escrow: EscrowAccount,
  justLanded?: Landed,
): Promise<void> {
  if (justLanded === undefined && (await isBooked(deps.db, stepKeys.lock(job.id)))) return;
  const landed = justLanded ?? (await chainStep(deps, { key: stepKeys.lock(job.id), jobId: job.id, build: lockIsNotOurs }));
  await recordTransfer(deps.db, {
    transferKey: stepKeys.lock(job.id),
    from: `wallet:${requester.toBase58()}`,
    to: `escrow:${address.toBase58()}`,
    currency: 'CYXWIZ',
    amountBase: escrow.amountBase,
    purpose: 'escrow-lock',
    signature: landed.signature,
    jobId: job.id,
    userId: job.userId,
  });
}

async function lockIsNotOurs(): Promise<never> {
  throw new CyxError('STATE_CONFLICT', 'The escrow is on chain, but the platform has no record of having sent its transaction');
}
