import { PublicKey, type Keypair, type TransactionInstruction } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import type { Database, JobRow } from '#db/postgres/database';
import { requireJob } from '#db/postgres/jobs';
import { recordTransfers } from '#db/postgres/ledger';
import type { Kms } from '#db/secrets/kms';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import type { EscrowAccount } from '#programs/clients/ts/job-escrow';
import { findEscrowPda } from '#programs/clients/ts/pda';
import type { Chain } from '../chain/chain.ts';
import { type Landed, readLanded } from '../chain/landed.ts';
import { sendOnce } from '../chain/send-once.ts';

export interface EscrowDeps {
  readonly db: Database;
  readonly kms: Kms;
  readonly chain: Chain;
}

/** A job, its requester and the address of its escrow. */
export interface Subject {
  readonly job: JobRow;
  readonly requester: PublicKey;
  readonly address: PublicKey;
}

export async function subjectOf({ db }: Pick<EscrowDeps, 'db'>, jobId: string): Promise<Subject> {
  const job = await requireJob(db, jobId);
  const requester = new PublicKey(job.requesterAddress);
  return { job, requester, address: findEscrowPda({ requester, jobId: uuidToBytes(jobId) }).address };
}

export async function requireEscrow({ chain }: Pick<EscrowDeps, 'chain'>, { address, job }: Subject): Promise<EscrowAccount> {
  const escrow = await chain.escrow(address);
  if (escrow === null) throw new CyxError('STATE_CONFLICT', `Job ${job.id} has no escrow on chain`);
  return escrow;
}

/** Keys of the chain steps: with the job (and attempt) they name one transaction for ever. */
export const stepKeys = {
  lock: (jobId: string): string => `${jobId}/escrow-lock/0`,
  /** With the node, so that one node's bytes are never sent for another. */
  assign: (jobId: string, attempt: number, nodeId: string): string => `${jobId}/assign/${attempt}/${nodeId}`,
  commit: (jobId: string, attempt: number): string => `${jobId}/commit/${attempt}`,
  fail: (jobId: string, attempt: number): string => `${jobId}/fail/${attempt}`,
  release: (jobId: string, attempt: number): string => `${jobId}/release/${attempt}`,
  refund: (jobId: string): string => `${jobId}/refund/0`,
} as const;

export interface ChainStep {
  readonly key: string;
  readonly jobId: string | null;
  readonly attempt?: number;
  readonly build: () => Promise<{ instructions: TransactionInstruction[]; signers?: Keypair[] }>;
}

/** Sends a step once, reads it back from the chain and books the lamports that it cost. */
export async function chainStep({ db, chain }: Pick<EscrowDeps, 'db' | 'chain'>, step: ChainStep): Promise<Landed> {
  const signature = await sendOnce(chain, db, {
    key: step.key,
    build: async () => ({ signers: [], ...(await step.build()) }),
  });
  const landed = await readLanded(chain, signature);
  await bookLamports(db, step, landed, chain.authority.publicKey);
  return landed;
}

/** SOL is a ledger currency of its own: fees go to the network, rent is parked and may come back. */
async function bookLamports(db: Database, step: ChainStep, landed: Landed, payer: PublicKey): Promise<void> {
  const wallet = `wallet:${payer.toBase58()}`;
  const common = { currency: 'SOL' as const, signature: landed.signature, jobId: step.jobId, attempt: step.attempt ?? 0 };
  const rentLamports = -landed.payerLamports - landed.feeLamports;
  const [from, to] = rentLamports >= 0n ? [wallet, 'rent'] : ['rent', wallet];
  await recordTransfers(db, [
    { ...common, transferKey: `${step.key}/fee`, from: wallet, to: 'network', amountBase: landed.feeLamports, purpose: 'fee' },
    { ...common, transferKey: `${step.key}/rent`, from, to, amountBase: rentLamports >= 0n ? rentLamports : -rentLamports, purpose: 'rent' },
  ]);
}
