import { createPrivateKey, sign } from 'node:crypto';
import { CyxError, toCyxError } from '#core/errors/cyx-error';
import { isTerminal, type JobState } from '#core/job/machine';
import { buildReceipt, type ReceiptSigner } from '#core/receipt/receipt';
import type { Keypair } from '@solana/web3.js';
import { findReceipt, jobsWithoutReceipt, putReceipt } from '#db/postgres/receipts';
import { reachable } from './chain/chain.ts';
import { subjectOf, type EscrowDeps } from './escrow/deps.ts';
import type { ReceiptActivities } from './contract.ts';
import { asActivities } from './failure.ts';
import { receiptEvents } from './receipt-events.ts';

export type ReceiptDeps = Pick<EscrowDeps, 'db' | 'chain'>;

/** Writes receipts, signed with the key that the escrow program obeys: what the key says, everybody can check on chain. */
export function createReceiptActivities(deps: ReceiptDeps): ReceiptActivities {
  return asActivities<ReceiptActivities>({ issueReceipt: ({ jobId }) => issueReceipt(deps, jobId) });
}

/**
 * Writes the receipt of an ended job once; what was written first is the answer ever after. STATE_CONFLICT where the
 * job has not ended or its tokens are still locked, CONFLICT (worth a retry) where the books are only behind the chain.
 */
async function issueReceipt(deps: ReceiptDeps, jobId: string): Promise<{ headHex: string }> {
  const stored = await findReceipt(deps.db, jobId);
  if (stored !== null) return { headHex: headOf(stored.body) };
  const subject = await subjectOf(deps, jobId);
  const { job } = subject;
  if (!isTerminal(job.state as JobState) || job.endedAt === null) {
    throw new CyxError('STATE_CONFLICT', `Job ${jobId} is ${job.state}: a job has its receipt once it has ended.`);
  }
  const escrow = await deps.chain.escrow(subject.address);
  if (escrow?.status === 'locked') throw new CyxError('STATE_CONFLICT', `The tokens of job ${jobId} are still locked, so there is no receipt yet.`);
  const { text } = await buildReceipt(await receiptEvents(deps, subject, escrow), signerOf(deps.chain.authority));
  return { headHex: headOf((await putReceipt(deps.db, { jobId, userId: job.userId, body: text })).body) };
}

function headOf(body: string): string {
  const last = body.trimEnd().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { head: string }).head;
}

/** Opens what PKCS#8 puts around the 32 bytes of an Ed25519 key. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function signerOf(authority: Keypair): ReceiptSigner {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, authority.secretKey.subarray(0, 32)]), format: 'der', type: 'pkcs8' });
  return { publicKey: authority.publicKey.toBytes(), sign: (message) => new Uint8Array(sign(null, message, key)) };
}

const AT_ONCE = 20;
/** Books that are behind catch up within moments; what is still missing after so many rounds is not looked at any more. */
const ROUNDS = 60;

export interface ReceiptSweepOptions {
  /** Told once of each receipt that can not be written. */
  readonly onGivenUp: (jobId: string, error: unknown) => void;
}

/**
 * One round of writing the receipts that are missing: of jobs that ended before there were receipts, and where writing one
 * failed at the job's end. CHAIN_UNAVAILABLE where the chain does not answer at all.
 */
export function createReceiptSweep(deps: ReceiptDeps, { onGivenUp }: ReceiptSweepOptions): () => Promise<void> {
  const tries = new Map<string, number>();
  const givenUp = new Set<string>();
  return async () => {
    const missing = await jobsWithoutReceipt(deps.db, { except: [...givenUp], limit: AT_ONCE });
    // While it is down, no job is to blame.
    if (missing.length > 0) await reachable(() => deps.chain.connection.getSlot());
    for (const jobId of missing) {
      try {
        await issueReceipt(deps, jobId);
        tries.delete(jobId);
      } catch (error) {
        const tried = (tries.get(jobId) ?? 0) + 1;
        tries.set(jobId, tried);
        if (toCyxError(error).spec.retryable && tried < ROUNDS) continue;
        givenUp.add(jobId);
        onGivenUp(jobId, error);
      }
    }
  };
}
