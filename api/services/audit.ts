import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@solana/web3.js';
import { PublicKey } from '@solana/web3.js';
import type { JobState } from '#core/job/machine';
import type { Database } from '#db/postgres/database';
import { assignedAttempts, jobsToAudit, ledgerBalances, unbalancedTransfers } from '#db/postgres/audit';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { decodeEscrow, decodeEscrowConfig, type EscrowAccount, type EscrowStatus } from '#programs/clients/ts/job-escrow';
import { decodeNode, decodeRegistryConfig } from '#programs/clients/ts/node-registry';
import {
  findAssociatedTokenAddress,
  findEscrowConfigPda,
  findEscrowPda,
  findNodePda,
  findRegistryConfigPda,
  findStakeVaultPda,
} from '#programs/clients/ts/pda';
import { mintSupplyBase, tokenAmountBase } from '#programs/clients/ts/token';

export interface AuditProblem {
  /** A ledger account (`wallet:…`), or `job:<id>`, or `transfer:<key>`. */
  readonly subject: string;
  readonly message: string;
}

export interface AuditReport {
  readonly ok: boolean;
  readonly checkedAt: Date;
  /** Ledger accounts whose balance was compared with the chain's. */
  readonly accounts: number;
  /** Jobs whose state was compared with their escrow's. */
  readonly jobs: number;
  /** Everything that was ever minted, base units, by chain. */
  readonly supplyBase: bigint;
  readonly problems: readonly AuditProblem[];
  /** Tokens that somebody sent from outside: on chain, but in nobody's books. No problem, but worth a look. */
  readonly unbooked: readonly AuditProblem[];
}

/** Bookings follow the chain by a moment: what differs is looked at again before it is called a problem. */
const SECOND_LOOK_MS = 2_000;
const LOOKS = 3;

/**
 * Proves the ledger against the chain: every transfer adds up to zero, every account holds on chain what the ledger
 * says, and every ended job's escrow is settled the way its state claims (DESIGN's invariants I1 and I2).
 */
export async function auditLedger(db: Database, connection: Connection): Promise<AuditReport> {
  let report = await look(db, connection);
  for (let again = 1; !report.ok && again < LOOKS; again++) {
    await delay(SECOND_LOOK_MS);
    report = await look(db, connection);
  }
  return report;
}

async function look(db: Database, connection: Connection): Promise<AuditReport> {
  const chain = await readDeployment(connection);
  const balances = await ledgerBalances(db);
  const jobs = await jobsToAudit(db);
  const problems: AuditProblem[] = [];
  const unbooked: AuditProblem[] = [];
  for (const key of await unbalancedTransfers(db)) problems.push({ subject: `transfer:${key}`, message: 'its two rows do not add up to zero' });
  for (const [account, ledgerBase] of balances) {
    const held = await chain.balanceOf(account);
    if (held !== null && held.base !== ledgerBase) {
      // Anybody can send tokens to an open account; nobody can take any out without a booking.
      const isDeposit = held.open && held.base > ledgerBase;
      const message = `the ledger says ${ledgerBase}, the chain ${held.base} base units`;
      (isDeposit ? unbooked : problems).push({ subject: account, message });
    }
    if (account !== 'mint' && account !== 'outside' && ledgerBase < 0n) problems.push({ subject: account, message: `the ledger has it below zero: ${ledgerBase}` });
  }
  const attempts = await assignedAttempts(db);
  for (const job of jobs) {
    const address = escrowAddress(job);
    if (address === null) problems.push({ subject: `job:${job.id}`, message: `its requester "${job.requesterAddress}" is no address` });
    else problems.push(...problemsOfJob(job, await chain.escrowAt(address), attempts.filter((attempt) => attempt.jobId === job.id)));
  }
  return { ok: problems.length === 0, checkedAt: new Date(), accounts: balances.size, jobs: jobs.length, supplyBase: chain.supplyBase, problems, unbooked };
}

/** A job that is not over this long after its deadline is stuck, whatever else is right about it. */
const GRACE_MS = 3_600_000;

type AuditedJob = Awaited<ReturnType<typeof jobsToAudit>>[number];
type AuditedAttempt = Awaited<ReturnType<typeof assignedAttempts>>[number];

function escrowAddress({ id, requesterAddress }: AuditedJob): PublicKey | null {
  try {
    return findEscrowPda({ requester: new PublicKey(requesterAddress), jobId: uuidToBytes(id) }).address;
  } catch {
    return null;
  }
}

function problemsOfJob(job: AuditedJob, escrow: EscrowAccount | null, attempts: readonly AuditedAttempt[]): AuditProblem[] {
  const subject = `job:${job.id}`;
  const messages: string[] = [];
  const status = escrow?.status ?? 'missing';
  if (!expectedStatus(job.state as JobState).includes(status)) messages.push(`the job is ${job.state}, but its escrow is ${status}`);
  if (escrow !== null && escrow.amountBase !== job.amountBase) messages.push(`its escrow is of ${escrow.amountBase} instead of ${job.amountBase} base units`);
  if (job.endedAt === null && job.deadlineAt.getTime() + GRACE_MS < Date.now()) messages.push(`the job is still ${job.state}, long after its deadline`);
  for (const attempt of attempts) {
    const onChain = escrow?.attempts[attempt.attempt - 1];
    const node = findNodePda(uuidToBytes(attempt.nodeId!)).address;
    if (onChain === undefined || !onChain.node.equals(node)) messages.push(`attempt ${attempt.attempt} is with another node on chain`);
    else if (job.endedAt !== null && attempt.outcome !== onChain.outcome) messages.push(`attempt ${attempt.attempt} ended ${attempt.outcome}, on chain ${onChain.outcome}`);
  }
  return messages.map((message) => ({ subject, message }));
}

function expectedStatus(state: JobState): readonly (EscrowStatus | 'missing')[] {
  if (state === 'COMPLETED') return ['released'];
  // Nothing was locked yet where a job ended before its lock.
  if (state === 'FAILED' || state === 'CANCELLED') return ['refunded', 'missing'];
  if (state === 'CREATED' || state === 'QUEUED') return ['missing', 'locked', 'released', 'refunded'];
  // A running job is locked; one about to end may be settled a moment before its state says so.
  return ['locked', 'released', 'refunded'];
}

interface Held {
  readonly base: bigint;
  /** `true`: strangers can add to it, so it may hold more than the ledger says. */
  readonly open: boolean;
}

interface ChainBooks {
  readonly supplyBase: bigint;
  /** What a ledger account holds on chain; null where the account has no counterpart there. */
  balanceOf(account: string): Promise<Held | null>;
  escrowAt(address: PublicKey): Promise<EscrowAccount | null>;
}

async function readDeployment(connection: Connection): Promise<ChainBooks> {
  const data = async (address: PublicKey): Promise<Uint8Array | null> => {
    const info = await connection.getAccountInfo(address);
    return info === null || info.data.length === 0 ? null : new Uint8Array(info.data);
  };
  const escrow = decodeEscrowConfig((await data(findEscrowConfigPda().address))!);
  const registry = decodeRegistryConfig((await data(findRegistryConfigPda().address))!);
  const { mint } = escrow;
  const supplyBase = mintSupplyBase(await data(mint));
  const token = async (address: PublicKey): Promise<bigint> => tokenAmountBase(await data(address));
  const wallet = (owner: PublicKey): Promise<bigint> => token(findAssociatedTokenAddress({ owner, mint }));

  const escrowAt = async (address: PublicKey): Promise<EscrowAccount | null> => {
    const bytes = await data(address);
    return bytes === null ? null : decodeEscrow(bytes);
  };
  const open = async (base: Promise<bigint>): Promise<Held> => ({ base: await base, open: true });
  return {
    supplyBase,
    balanceOf: async (account) => {
      const [kind, name] = account.split(':') as [string, string | undefined];
      if (kind === 'mint') return { base: -supplyBase, open: false };
      if (kind === 'platform') return open(wallet(escrow.treasuryOwner));
      if (kind === 'insurance') return open(wallet(registry.insuranceOwner));
      if (name === undefined || !['wallet', 'escrow', 'stake'].includes(kind)) return null;
      const address = addressOf(name);
      // The chain knows nobody of that name, so it holds nothing for them; the comparison must go on.
      if (address === null) return { base: 0n, open: false };
      if (kind === 'wallet') return open(wallet(address));
      return { base: kind === 'escrow' ? lockedIn(await escrowAt(address)) : await stakeOf(address), open: false };
    },
    escrowAt,
  };

  /** The stake that the program counts; below zero, and so a problem, where its vault holds less. */
  async function stakeOf(account: PublicKey): Promise<bigint> {
    const bytes = await data(account);
    const countedBase = bytes === null ? 0n : decodeNode(bytes).stakeBase;
    const vaultBase = await token(findStakeVaultPda(account).address);
    return vaultBase >= countedBase ? countedBase : -1n;
  }
}

function addressOf(name: string): PublicKey | null {
  try {
    return new PublicKey(name);
  } catch {
    return null;
  }
}

function lockedIn(escrow: EscrowAccount | null): bigint {
  return escrow !== null && escrow.status === 'locked' ? escrow.amountBase : 0n;
}
