import type { PublicKey, TransactionInstruction } from '@solana/web3.js';
import { ByteWriter } from './bytes.ts';
import { associatedTokenProgram, instruction, payerMeta, readonly, signer, systemProgram, tokenProgram, writable } from './instruction.ts';
import {
  findAssociatedTokenAddress,
  findEscrowConfigPda,
  findEscrowPda,
  findEscrowVaultPda,
  findRegistryConfigPda,
  findStakeVaultPda,
} from './pda.ts';
import { JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID } from './program-ids.ts';

export {
  ESCROW_LAYOUT,
  MAX_ATTEMPTS,
  decodeEscrow,
  decodeEscrowConfig,
} from './job-escrow-accounts.ts';
export type {
  EscrowAccount,
  EscrowConfigAccount,
  EscrowStatus,
} from './job-escrow-accounts.ts';

/** First byte of each instruction's data. */
export const JOB_ESCROW_INSTRUCTIONS = {
  initialize: 0,
  createEscrow: 1,
  assignNode: 2,
  commitResult: 3,
  failAttempt: 4,
  releasePayment: 5,
  refund: 6,
} as const;

/** No escrow may be locked for longer than this after its creation. */
export const MAX_LOCK_SECONDS = 30n * 86_400n;
/** `verifyDeadline` may lie at most this far after the commit. */
export const MAX_VERIFY_SECONDS = 7n * 86_400n;
/** This long after expiry and verify deadline, anybody may release an attempt that the platform left open. */
export const ABANDONED_AFTER_SECONDS = 7n * 86_400n;

export type FailReason = 'timeout' | 'invalid' | 'released';
const FAIL_REASONS: Readonly<Record<FailReason, number>> = { timeout: 2, invalid: 3, released: 4 };
const ZERO_HASH = new Uint8Array(32);

export interface InitializeEscrowArgs {
  readonly payer: PublicKey;
  /** Must be the deployer that is compiled into the program. */
  readonly deployer: PublicKey;
  /** Classic SPL Token mint without a freeze authority. */
  readonly mint: PublicKey;
  /** The platform's operator key. */
  readonly authority: PublicKey;
  /** Owner of the token account that gets the platform's share. */
  readonly treasuryOwner: PublicKey;
}

/** Once per deployment. */
export function initializeEscrowInstruction(args: InitializeEscrowArgs): TransactionInstruction {
  const data = new ByteWriter().u8(JOB_ESCROW_INSTRUCTIONS.initialize).key(args.authority).key(args.treasuryOwner);
  const keys = [
    payerMeta(args.payer),
    signer(args.deployer),
    writable(findEscrowConfigPda().address),
    readonly(args.mint),
    systemProgram,
  ];
  return instruction(JOB_ESCROW_PROGRAM_ID, keys, data.finish());
}

export interface CreateEscrowArgs {
  /** Pays the rent of escrow and vault; gets the vault's back at settlement. */
  readonly payer: PublicKey;
  readonly requester: PublicKey;
  /** Defaults to the requester's associated token account. */
  readonly requesterToken?: PublicKey;
  /** 16 bytes of the job's UUID. */
  readonly jobId: Uint8Array;
  readonly amountBase: bigint;
  /** Unix seconds; at most {@link MAX_LOCK_SECONDS} ahead. */
  readonly expiresAt: bigint;
  readonly mint: PublicKey;
}

/** Locks `amountBase` of the requester's tokens in the job's vault. Signed by payer and requester. */
export function createEscrowInstruction(args: CreateEscrowArgs): TransactionInstruction {
  const escrow = findEscrowPda(args).address;
  const data = new ByteWriter()
    .u8(JOB_ESCROW_INSTRUCTIONS.createEscrow)
    .bytes(args.jobId, 16, 'jobId')
    .u64(args.amountBase)
    .i64(args.expiresAt);
  const keys = [
    payerMeta(args.payer),
    signer(args.requester),
    writable(args.requesterToken ?? findAssociatedTokenAddress({ owner: args.requester, mint: args.mint })),
    writable(escrow),
    writable(findEscrowVaultPda(escrow).address),
    readonly(findEscrowConfigPda().address),
    readonly(args.mint),
    tokenProgram,
    systemProgram,
  ];
  return instruction(JOB_ESCROW_PROGRAM_ID, keys, data.finish());
}

export interface AssignNodeArgs {
  readonly authority: PublicKey;
  readonly escrow: PublicKey;
  /** Node account (PDA of node-registry). */
  readonly node: PublicKey;
  /** 1 to 4, the next one: a repeated transaction can not assign twice. */
  readonly attempt: number;
  /** Unix seconds; the later of this and the present expiry holds. */
  readonly expiresAt: bigint;
  /** SHA-256 of the secret for the verification draw; zero bytes when left out. */
  readonly drawHash?: Uint8Array;
}

/**
 * Opens an attempt. The chain refuses a node that is not active, is unstaking, belongs to the requester, or whose
 * open escrows would exceed its stake.
 */
export function assignNodeInstruction(args: AssignNodeArgs): TransactionInstruction {
  const data = new ByteWriter()
    .u8(JOB_ESCROW_INSTRUCTIONS.assignNode)
    .u8(args.attempt)
    .i64(args.expiresAt)
    .bytes(args.drawHash ?? ZERO_HASH, 32, 'drawHash');
  const keys = [
    signer(args.authority),
    writable(args.escrow),
    readonly(findEscrowConfigPda().address),
    writable(args.node),
    readonly(NODE_REGISTRY_PROGRAM_ID),
  ];
  return instruction(JOB_ESCROW_PROGRAM_ID, keys, data.finish());
}

export interface CommitResultArgs {
  readonly authority: PublicKey;
  readonly escrow: PublicKey;
  readonly attempt: number;
  /** Root of the checkpoint chain, 32 bytes, not all zero. */
  readonly root: Uint8Array;
  /** Unix seconds; until then the requester can not refund alone. */
  readonly verifyDeadline: bigint;
}

/** Records the result's root for the open attempt, once. */
export function commitResultInstruction(args: CommitResultArgs): TransactionInstruction {
  const data = new ByteWriter()
    .u8(JOB_ESCROW_INSTRUCTIONS.commitResult)
    .u8(args.attempt)
    .bytes(args.root, 32, 'root')
    .i64(args.verifyDeadline);
  const keys = [signer(args.authority), writable(args.escrow), readonly(findEscrowConfigPda().address)];
  return instruction(JOB_ESCROW_PROGRAM_ID, keys, data.finish());
}

export interface FailAttemptArgs {
  /** Pays for the insurance token account where it is missing. */
  readonly payer: PublicKey;
  /** The authority; for `released` of a settled or abandoned escrow anybody. */
  readonly authority: PublicKey;
  readonly escrow: PublicKey;
  readonly attempt: number;
  readonly node: PublicKey;
  readonly mint: PublicKey;
  /** `insuranceOwner` of the registry's config. */
  readonly insuranceOwner: PublicKey;
  /** Defaults to the insurance owner's associated token account. */
  readonly insuranceToken?: PublicKey;
  /** `released`: the attempt ends through no fault of the node; no slash, no effect on its reputation. */
  readonly reason: FailReason;
  /** SHA-256 of the published evidence; must not be zero for `timeout` and `invalid`. */
  readonly evidenceHash?: Uint8Array;
  /** Take the whole stake and bar the node for ever; allowed from its third failure in a row. */
  readonly ban?: boolean;
}

/** Ends the open attempt without pay. The escrow stays locked, so the job can be assigned again. */
export function failAttemptInstruction(args: FailAttemptArgs): TransactionInstruction {
  const data = new ByteWriter()
    .u8(JOB_ESCROW_INSTRUCTIONS.failAttempt)
    .u8(args.attempt)
    .u8(FAIL_REASONS[args.reason])
    .u8(args.ban ? 1 : 0)
    .bytes(args.evidenceHash ?? ZERO_HASH, 32, 'evidenceHash');
  const keys = [
    payerMeta(args.payer),
    signer(args.authority),
    writable(args.escrow),
    readonly(findEscrowConfigPda().address),
    writable(args.node),
    readonly(NODE_REGISTRY_PROGRAM_ID),
    readonly(findRegistryConfigPda().address),
    writable(findStakeVaultPda(args.node).address),
    writable(args.insuranceToken ?? findAssociatedTokenAddress({ owner: args.insuranceOwner, mint: args.mint })),
    readonly(args.insuranceOwner),
    readonly(args.mint),
    tokenProgram,
    associatedTokenProgram,
    systemProgram,
  ];
  return instruction(JOB_ESCROW_PROGRAM_ID, keys, data.finish());
}

export interface ReleasePaymentArgs {
  /** Pays for recipients' token accounts that are missing. */
  readonly payer: PublicKey;
  readonly authority: PublicKey;
  readonly escrow: PublicKey;
  readonly attempt: number;
  readonly node: PublicKey;
  /** `owner` of the node account. */
  readonly nodeOwner: PublicKey;
  readonly nodeOwnerToken?: PublicKey;
  /** `treasuryOwner` of job-escrow's config. */
  readonly treasuryOwner: PublicKey;
  readonly treasuryToken?: PublicKey;
  /** `rentPayer` of the escrow. */
  readonly rentPayer: PublicKey;
  readonly mint: PublicKey;
}

/** Pays 90 % to the node's owner and the rest to the treasury, records the success, closes the vault. */
export function releasePaymentInstruction(args: ReleasePaymentArgs): TransactionInstruction {
  const { mint } = args;
  const data = new ByteWriter().u8(JOB_ESCROW_INSTRUCTIONS.releasePayment).u8(args.attempt);
  const keys = [
    payerMeta(args.payer),
    signer(args.authority),
    writable(args.escrow),
    writable(findEscrowVaultPda(args.escrow).address),
    readonly(findEscrowConfigPda().address),
    writable(args.node),
    readonly(NODE_REGISTRY_PROGRAM_ID),
    readonly(args.nodeOwner),
    writable(args.nodeOwnerToken ?? findAssociatedTokenAddress({ owner: args.nodeOwner, mint })),
    readonly(args.treasuryOwner),
    writable(args.treasuryToken ?? findAssociatedTokenAddress({ owner: args.treasuryOwner, mint })),
    writable(args.rentPayer),
    readonly(mint),
    tokenProgram,
    associatedTokenProgram,
    systemProgram,
  ];
  return instruction(JOB_ESCROW_PROGRAM_ID, keys, data.finish());
}

export interface RefundArgs {
  /** Pays for the requester's token account where it is missing. */
  readonly payer: PublicKey;
  /** The authority at any time, or the requester alone after `expiresAt` (and `verifyDeadline`). */
  readonly signer: PublicKey;
  readonly escrow: PublicKey;
  readonly requester: PublicKey;
  readonly requesterToken?: PublicKey;
  /** `rentPayer` of the escrow. */
  readonly rentPayer: PublicKey;
  readonly mint: PublicKey;
}

/**
 * Gives everything in the vault back to the requester and closes the vault. An attempt that is still open stays
 * on the node's books until `failAttemptInstruction` with `released` (anybody may send it then).
 */
export function refundInstruction(args: RefundArgs): TransactionInstruction {
  const data = new ByteWriter().u8(JOB_ESCROW_INSTRUCTIONS.refund);
  const keys = [
    payerMeta(args.payer),
    signer(args.signer),
    writable(args.escrow),
    writable(findEscrowVaultPda(args.escrow).address),
    readonly(findEscrowConfigPda().address),
    readonly(args.requester),
    writable(args.requesterToken ?? findAssociatedTokenAddress({ owner: args.requester, mint: args.mint })),
    writable(args.rentPayer),
    readonly(args.mint),
    tokenProgram,
    associatedTokenProgram,
    systemProgram,
  ];
  return instruction(JOB_ESCROW_PROGRAM_ID, keys, data.finish());
}
