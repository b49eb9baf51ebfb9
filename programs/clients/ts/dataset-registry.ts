import type { PublicKey, TransactionInstruction } from '@solana/web3.js';
import { ByteReader, ByteWriter, CID_LENGTH, cidDigest } from './bytes.ts';
import { instruction, payerMeta, readonly, signer, systemProgram, writable } from './instruction.ts';
import { assertKind, pick } from './job-escrow-accounts.ts';
import { findDatasetConfigPda, findDatasetPda } from './pda.ts';
import { DATASET_REGISTRY_PROGRAM_ID } from './program-ids.ts';

/** First byte of each instruction's data. */
export const DATASET_REGISTRY_INSTRUCTIONS = { initialize: 0, recordDataset: 1, updateShards: 2 } as const;

/** 10 data and 4 parity shards. */
export const SHARD_COUNT = 14;
/** A shard's place: the 16-byte id of the storage node that keeps it. */
const SHARD_LOCATION_LENGTH = 16;

/** Byte offsets of the dataset account (see `programs/shared/src/state/dataset.rs`). */
const DATASET_LAYOUT = {
  kind: 0,
  version: 1,
  bump: 2,
  recordedBy: 3,
  cid: 8,
  owner: 48,
  sizeBytes: 80,
  recordedAt: 88,
  updatedAt: 96,
  encryptionKeyHash: 104,
  shardLocations: 136,
  size: 360,
} as const;
const DATASET_CONFIG_LAYOUT = { kind: 0, version: 1, bump: 2, authority: 8, size: 40 } as const;
const DATASET_CONFIG_KIND = 0x31;
const DATASET_KIND = 0x32;

const RECORDERS = ['owner', 'platform'] as const;

export interface DatasetAccount {
  /** Binary CID v1, 36 bytes. */
  readonly cid: Uint8Array;
  readonly owner: PublicKey;
  /** Who signed the record: its owner, or the platform on the owner's behalf. */
  readonly recordedBy: (typeof RECORDERS)[number];
  readonly sizeBytes: bigint;
  /** Unix seconds. */
  readonly recordedAt: bigint;
  /** Unix seconds of the last change of the shards' places. */
  readonly updatedAt: bigint;
  /** SHA-256 of the data key. */
  readonly encryptionKeyHash: Uint8Array;
  /** {@link SHARD_COUNT} ids of {@link SHARD_LOCATION_LENGTH} bytes. */
  readonly shardLocations: readonly Uint8Array[];
}

export interface InitializeDatasetsArgs {
  readonly payer: PublicKey;
  readonly deployer: PublicKey;
  readonly authority: PublicKey;
}

/** Once per deployment. */
export function initializeDatasetsInstruction(args: InitializeDatasetsArgs): TransactionInstruction {
  const data = new ByteWriter().u8(DATASET_REGISTRY_INSTRUCTIONS.initialize).key(args.authority);
  const keys = [payerMeta(args.payer), signer(args.deployer), writable(findDatasetConfigPda().address), systemProgram];
  return instruction(DATASET_REGISTRY_PROGRAM_ID, keys, data.finish());
}

export interface RecordDatasetArgs {
  readonly payer: PublicKey;
  /** The owner, or the platform's authority on the owner's behalf. */
  readonly recorder: PublicKey;
  readonly owner: PublicKey;
  /** Binary CID v1 with a sha2-256 multihash. */
  readonly cid: Uint8Array;
  readonly sizeBytes: bigint;
  readonly encryptionKeyHash: Uint8Array;
  readonly shardLocations: readonly Uint8Array[];
}

/** Records a dataset once; the same owner and CID can not be recorded again. */
export function recordDatasetInstruction(args: RecordDatasetArgs): TransactionInstruction {
  cidDigest(args.cid);
  const data = new ByteWriter()
    .u8(DATASET_REGISTRY_INSTRUCTIONS.recordDataset)
    .bytes(args.cid, CID_LENGTH, 'cid')
    .u64(args.sizeBytes)
    .bytes(args.encryptionKeyHash, 32, 'encryptionKeyHash')
    .bytes(joinShards(args.shardLocations), SHARD_COUNT * SHARD_LOCATION_LENGTH, 'shardLocations');
  const keys = [
    payerMeta(args.payer),
    signer(args.recorder),
    readonly(args.owner),
    writable(findDatasetPda(args).address),
    readonly(findDatasetConfigPda().address),
    systemProgram,
  ];
  return instruction(DATASET_REGISTRY_PROGRAM_ID, keys, data.finish());
}

export interface UpdateShardsArgs {
  readonly authority: PublicKey;
  readonly dataset: PublicKey;
  readonly shardLocations: readonly Uint8Array[];
}

/** After a repair: where the shards are now. Signed by the authority. */
export function updateShardsInstruction(args: UpdateShardsArgs): TransactionInstruction {
  const data = new ByteWriter()
    .u8(DATASET_REGISTRY_INSTRUCTIONS.updateShards)
    .bytes(joinShards(args.shardLocations), SHARD_COUNT * SHARD_LOCATION_LENGTH, 'shardLocations');
  const keys = [signer(args.authority), writable(args.dataset), readonly(findDatasetConfigPda().address)];
  return instruction(DATASET_REGISTRY_PROGRAM_ID, keys, data.finish());
}

/** Throws a RangeError on anything but a dataset account of this version. */
export function decodeDataset(data: Uint8Array): DatasetAccount {
  const at = DATASET_LAYOUT;
  assertKind(data, DATASET_KIND, at.size, 'a dataset');
  const reader = new ByteReader(data);
  const shard = (index: number): Uint8Array =>
    reader.bytes(at.shardLocations + index * SHARD_LOCATION_LENGTH, SHARD_LOCATION_LENGTH);
  return {
    cid: reader.bytes(at.cid, CID_LENGTH),
    owner: reader.key(at.owner),
    recordedBy: pick(RECORDERS, reader.u8(at.recordedBy) - 1, 'recorder'),
    sizeBytes: reader.u64(at.sizeBytes),
    recordedAt: reader.i64(at.recordedAt),
    updatedAt: reader.i64(at.updatedAt),
    encryptionKeyHash: reader.bytes(at.encryptionKeyHash, 32),
    shardLocations: Array.from({ length: SHARD_COUNT }, (_, index) => shard(index)),
  };
}

/** Throws a RangeError on anything but dataset-registry's config. */
export function decodeDatasetConfig(data: Uint8Array): { readonly authority: PublicKey } {
  assertKind(data, DATASET_CONFIG_KIND, DATASET_CONFIG_LAYOUT.size, "dataset-registry's config");
  return { authority: new ByteReader(data).key(DATASET_CONFIG_LAYOUT.authority) };
}

function joinShards(locations: readonly Uint8Array[]): Uint8Array {
  if (locations.length !== SHARD_COUNT) throw new RangeError(`shardLocations must have ${SHARD_COUNT} entries`);
  const writer = new ByteWriter();
  for (const location of locations) writer.bytes(location, SHARD_LOCATION_LENGTH, 'shard location');
  return writer.finish();
}
