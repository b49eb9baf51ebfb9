import type { PublicKey } from '@solana/web3.js';
import { ByteReader } from './bytes.ts';

/** Byte offsets of the escrow account (see `programs/shared/src/state/escrow.rs`), for memcmp filters too. */
export const ESCROW_LAYOUT = {
  kind: 0,
  version: 1,
  bump: 2,
  vaultBump: 3,
  status: 4,
  attemptCount: 5,
  jobId: 8,
  requester: 24,
  rentPayer: 56,
  amountBase: 88,
  createdAt: 96,
  expiresAt: 104,
  verifyDeadline: 112,
  settledAt: 120,
  attempts: 128,
  attemptSize: 160,
  attempt: { node: 0, root: 32, drawHash: 64, evidenceHash: 96, assignedAt: 128, committedAt: 136, commitSlot: 144, outcome: 152, banned: 153 },
  size: 768,
} as const;

/** Byte offsets of job-escrow's config account. */
const ESCROW_CONFIG_LAYOUT = { kind: 0, version: 1, bump: 2, authority: 8, mint: 40, treasuryOwner: 72, size: 104 } as const;

const ESCROW_KIND = 0x12;
const ESCROW_CONFIG_KIND = 0x11;
/** Attempts a job may have (SPEC flow 7). */
export const MAX_ATTEMPTS = 4;

const ESCROW_STATUSES = ['locked', 'released', 'refunded'] as const;
/** `released` and `refunded` are final: the account stays as a tombstone. */
export type EscrowStatus = (typeof ESCROW_STATUSES)[number];

const ATTEMPT_OUTCOMES = ['none', 'completed', 'timeout', 'invalid', 'released'] as const;
/**
 * What became of an attempt; set once. `none` = still open. `timeout` and `invalid` slash the node, `completed`
 * pays it, `released` frees it without any effect on stake or reputation (not the node's fault).
 */
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** One attempt; times are unix seconds. */
export interface EscrowAttempt {
  /** 1 to 4: its place in `attempts` plus one. */
  readonly attempt: number;
  readonly node: PublicKey;
  /** Root of the checkpoint chain; 32 zero bytes before `commit_result`. */
  readonly root: Uint8Array;
  /** SHA-256 of the platform's secret for the verification draw, fixed at assignment. */
  readonly drawHash: Uint8Array;
  /** SHA-256 of the evidence for a failed attempt; zero otherwise. */
  readonly evidenceHash: Uint8Array;
  readonly assignedAt: bigint;
  /** 0 before `commit_result`. */
  readonly committedAt: bigint;
  /** Slot of `commit_result`; 0 before. */
  readonly commitSlot: bigint;
  readonly outcome: AttemptOutcome;
  /** The whole stake was taken with this outcome. */
  readonly banned: boolean;
}

/** An escrow; times are unix seconds, amounts base units. */
export interface EscrowAccount {
  readonly status: EscrowStatus;
  readonly jobId: Uint8Array;
  readonly requester: PublicKey;
  /** Got the vault's rent back when the escrow was settled. */
  readonly rentPayer: PublicKey;
  readonly amountBase: bigint;
  readonly createdAt: bigint;
  readonly expiresAt: bigint;
  /** 0 unless a committed result waits for its verdict. */
  readonly verifyDeadline: bigint;
  /** 0 while locked. */
  readonly settledAt: bigint;
  /** Only the attempts that were assigned, oldest first. */
  readonly attempts: readonly EscrowAttempt[];
}

export interface EscrowConfigAccount {
  readonly authority: PublicKey;
  readonly mint: PublicKey;
  readonly treasuryOwner: PublicKey;
}

/** Throws a RangeError on anything but an escrow account of this version. */
export function decodeEscrow(data: Uint8Array): EscrowAccount {
  const at = ESCROW_LAYOUT;
  const reader = new ByteReader(data);
  assertKind(data, ESCROW_KIND, at.size, 'an escrow');
  const attempts = Array.from({ length: reader.u8(at.attemptCount) }, (_, index) => decodeAttempt(reader, index));
  return {
    status: pick(ESCROW_STATUSES, reader.u8(at.status) - 1, 'status'),
    jobId: reader.bytes(at.jobId, 16),
    requester: reader.key(at.requester),
    rentPayer: reader.key(at.rentPayer),
    amountBase: reader.u64(at.amountBase),
    createdAt: reader.i64(at.createdAt),
    expiresAt: reader.i64(at.expiresAt),
    verifyDeadline: reader.i64(at.verifyDeadline),
    settledAt: reader.i64(at.settledAt),
    attempts,
  };
}

/** Throws a RangeError on anything but job-escrow's config. */
export function decodeEscrowConfig(data: Uint8Array): EscrowConfigAccount {
  const at = ESCROW_CONFIG_LAYOUT;
  assertKind(data, ESCROW_CONFIG_KIND, at.size, "job-escrow's config");
  const reader = new ByteReader(data);
  return { authority: reader.key(at.authority), mint: reader.key(at.mint), treasuryOwner: reader.key(at.treasuryOwner) };
}

function decodeAttempt(reader: ByteReader, index: number): EscrowAttempt {
  const base = ESCROW_LAYOUT.attempts + index * ESCROW_LAYOUT.attemptSize;
  const at = ESCROW_LAYOUT.attempt;
  return {
    attempt: index + 1,
    node: reader.key(base + at.node),
    root: reader.bytes(base + at.root, 32),
    drawHash: reader.bytes(base + at.drawHash, 32),
    evidenceHash: reader.bytes(base + at.evidenceHash, 32),
    assignedAt: reader.i64(base + at.assignedAt),
    committedAt: reader.i64(base + at.committedAt),
    commitSlot: reader.u64(base + at.commitSlot),
    outcome: pick(ATTEMPT_OUTCOMES, reader.u8(base + at.outcome), 'outcome'),
    banned: reader.u8(base + at.banned) === 1,
  };
}

/** Shared by all decoders: the account's first two bytes are its kind and layout version. */
export function assertKind(data: Uint8Array, kind: number, size: number, name: string): void {
  if (data.length !== size || data[0] !== kind || data[1] !== 1) throw new RangeError(`The account is not ${name}`);
}

/** A byte as a member of its union; throws on a value that this version does not know. */
export function pick<T>(values: readonly T[], index: number, name: string): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`Unknown ${name} ${index} in account data`);
  return value;
}
