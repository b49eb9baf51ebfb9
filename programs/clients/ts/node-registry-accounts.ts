import type { PublicKey } from '@solana/web3.js';
import { ByteReader } from './bytes.ts';
import { assertKind, pick } from './job-escrow-accounts.ts';

/** Byte offsets of the node account (see `programs/shared/src/state/node.rs`), for memcmp filters too. */
export const NODE_LAYOUT = {
  kind: 0,
  version: 1,
  bump: 2,
  vaultBump: 3,
  status: 4,
  openCount: 5,
  failuresInARow: 6,
  nodeId: 8,
  owner: 24,
  stakeBase: 56,
  exposureBase: 64,
  slashedBase: 72,
  registeredAt: 80,
  lastSeen: 88,
  unstakeAt: 96,
  totalJobs: 104,
  successful: 112,
  totalTimeMs: 120,
  avgTimeMs: 128,
  successRateBps: 136,
  gpu: 144,
  gpuLength: 64,
  open: 208,
  openSlots: 8,
  openSize: 48,
  openEntry: { escrow: 0, amountBase: 32, attempt: 40 },
  lastEvidence: 592,
  size: 624,
} as const;

/** Byte offsets of node-registry's config account. */
const REGISTRY_CONFIG_LAYOUT = { kind: 0, version: 1, bump: 2, authority: 8, mint: 40, insuranceOwner: 72, size: 104 } as const;

const REGISTRY_CONFIG_KIND = 0x21;
const NODE_KIND = 0x22;

const CHAIN_NODE_STATUSES = ['active', 'slashed', 'banned', 'withdrawn'] as const;
/** `slashed`: stake below the minimum until topped up. `banned` is final. `withdrawn`: no stake; a top-up revives it. */
export type ChainNodeStatus = (typeof CHAIN_NODE_STATUSES)[number];

/** An attempt that the node has not finished yet. */
export interface OpenAttempt {
  readonly escrow: PublicKey;
  readonly amountBase: bigint;
  /** 1 to 4. */
  readonly attempt: number;
}

/** A node; times are unix seconds unless the name says ms, amounts base units. */
export interface NodeAccount {
  readonly nodeId: Uint8Array;
  readonly owner: PublicKey;
  readonly status: ChainNodeStatus;
  /** `status` is `banned`. */
  readonly banned: boolean;
  readonly stakeBase: bigint;
  /** Sum of the amounts of the open attempts' escrows; never above the stake when a job is assigned. */
  readonly exposureBase: bigint;
  /** Everything that was ever slashed. */
  readonly slashedBase: bigint;
  readonly gpu: string;
  readonly registeredAt: bigint;
  readonly lastSeen: bigint;
  /** 0 unless unstaking; from then on the owner may withdraw. */
  readonly unstakeAt: bigint;
  readonly failuresInARow: number;
  readonly reputation: {
    readonly totalJobs: bigint;
    readonly successful: bigint;
    /** successful / totalJobs in basis points, rounded down; 0 before the first job. */
    readonly successRateBps: number;
    /** Mean time from assignment to commit of the successful jobs. The chain's clock has full seconds. */
    readonly avgTimeMs: bigint;
  };
  /** Evidence hash of the last slash; zero before. */
  readonly lastEvidence: Uint8Array;
  readonly open: readonly OpenAttempt[];
}

export interface RegistryConfigAccount {
  readonly authority: PublicKey;
  readonly mint: PublicKey;
  readonly insuranceOwner: PublicKey;
}

/** Throws a RangeError on anything but a node account of this version. */
export function decodeNode(data: Uint8Array): NodeAccount {
  const at = NODE_LAYOUT;
  assertKind(data, NODE_KIND, at.size, 'a node');
  const reader = new ByteReader(data);
  const status = pick(CHAIN_NODE_STATUSES, reader.u8(at.status) - 1, 'status');
  return {
    nodeId: reader.bytes(at.nodeId, 16),
    owner: reader.key(at.owner),
    status,
    banned: status === 'banned',
    stakeBase: reader.u64(at.stakeBase),
    exposureBase: reader.u64(at.exposureBase),
    slashedBase: reader.u64(at.slashedBase),
    gpu: reader.text(at.gpu, at.gpuLength),
    registeredAt: reader.i64(at.registeredAt),
    lastSeen: reader.i64(at.lastSeen),
    unstakeAt: reader.i64(at.unstakeAt),
    failuresInARow: reader.u16(at.failuresInARow),
    reputation: {
      totalJobs: reader.u64(at.totalJobs),
      successful: reader.u64(at.successful),
      successRateBps: reader.u16(at.successRateBps),
      avgTimeMs: reader.u64(at.avgTimeMs),
    },
    lastEvidence: reader.bytes(at.lastEvidence, 32),
    open: openAttempts(reader),
  };
}

/** Throws a RangeError on anything but node-registry's config. */
export function decodeRegistryConfig(data: Uint8Array): RegistryConfigAccount {
  const at = REGISTRY_CONFIG_LAYOUT;
  assertKind(data, REGISTRY_CONFIG_KIND, at.size, "node-registry's config");
  const reader = new ByteReader(data);
  return { authority: reader.key(at.authority), mint: reader.key(at.mint), insuranceOwner: reader.key(at.insuranceOwner) };
}

function openAttempts(reader: ByteReader): OpenAttempt[] {
  const at = NODE_LAYOUT;
  const slots = Array.from({ length: at.openSlots }, (_, index) => at.open + index * at.openSize);
  return slots
    .map((base) => ({
      escrow: reader.key(base + at.openEntry.escrow),
      amountBase: reader.u64(base + at.openEntry.amountBase),
      attempt: reader.u8(base + at.openEntry.attempt),
    }))
    .filter((entry) => entry.attempt !== 0);
}
