import type { Keypair } from '@solana/web3.js';
import type { recordDatasetInstruction } from '#programs/clients/ts/dataset-registry';
import { SHARD_COUNT } from '#programs/clients/ts/dataset-registry';
import { hash, type World } from './world.ts';

/** A dag-pb CID v1 with a sha2-256 digest of one repeated byte. */
export const cid = (fill: number): Uint8Array => Uint8Array.of(1, 0x70, 0x12, 0x20, ...hash(fill));
/** Fourteen storage-node ids, told apart by `first`. */
export const shards = (first: number): Uint8Array[] => Array.from({ length: SHARD_COUNT }, (_, index) => new Uint8Array(16).fill(first + index));

export function recordArgs(world: World, recorder: Keypair): Parameters<typeof recordDatasetInstruction>[0] {
  return {
    payer: world.payer.publicKey,
    recorder: recorder.publicKey,
    owner: world.requester.publicKey,
    cid: cid(3),
    sizeBytes: 7_840_000n,
    encryptionKeyHash: hash(4),
    shardLocations: shards(1),
  };
}
