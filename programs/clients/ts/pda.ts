import { PublicKey } from '@solana/web3.js';
import { assertLength, cidDigest } from './bytes.ts';
import {
  ASSOCIATED_TOKEN_PROGRAM_ID,
  DATASET_REGISTRY_PROGRAM_ID,
  JOB_ESCROW_PROGRAM_ID,
  NODE_REGISTRY_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from './program-ids.ts';

/** A program-derived address and its canonical bump. */
export interface Pda {
  readonly address: PublicKey;
  readonly bump: number;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Finding a bump takes milliseconds, and the same few addresses are asked for again and again. */
const KNOWN_PDAS_AT_MOST = 4_096;
const known = new Map<string, Pda>();

function find(seeds: readonly Uint8Array[], programId: PublicKey): Pda {
  const key = [programId.toBytes(), ...seeds].map((bytes) => bytes.join(',')).join('/');
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const [address, bump] = PublicKey.findProgramAddressSync([...seeds], programId);
  const pda = { address, bump };
  if (known.size >= KNOWN_PDAS_AT_MOST) known.delete(known.keys().next().value!);
  known.set(key, pda);
  return pda;
}

/** Seeds `["config"]` of job-escrow. */
export function findEscrowConfigPda(): Pda {
  return find([text('config')], JOB_ESCROW_PROGRAM_ID);
}

/** Seeds `["escrow", requester, jobId]`. @param jobId the 16 bytes of the job's UUID. */
export function findEscrowPda({ requester, jobId }: { requester: PublicKey; jobId: Uint8Array }): Pda {
  return find([text('escrow'), requester.toBytes(), assertLength(jobId, 16, 'jobId')], JOB_ESCROW_PROGRAM_ID);
}

/** Seeds `["vault", escrow]`: the token account that holds the escrow's tokens. */
export function findEscrowVaultPda(escrow: PublicKey): Pda {
  return find([text('vault'), escrow.toBytes()], JOB_ESCROW_PROGRAM_ID);
}

/** Seeds `["config"]` of node-registry. */
export function findRegistryConfigPda(): Pda {
  return find([text('config')], NODE_REGISTRY_PROGRAM_ID);
}

/** Seeds `["node", nodeId]`. @param nodeId the 16 bytes of the node's UUID. */
export function findNodePda(nodeId: Uint8Array): Pda {
  return find([text('node'), assertLength(nodeId, 16, 'nodeId')], NODE_REGISTRY_PROGRAM_ID);
}

/** Seeds `["stake", node]`: the token account that holds a node's stake. */
export function findStakeVaultPda(node: PublicKey): Pda {
  return find([text('stake'), node.toBytes()], NODE_REGISTRY_PROGRAM_ID);
}

/** Seeds `["config"]` of dataset-registry. */
export function findDatasetConfigPda(): Pda {
  return find([text('config')], DATASET_REGISTRY_PROGRAM_ID);
}

/** Seeds `["dataset", owner, digest]`, digest = the sha2-256 inside the CID. @param cid binary CID v1, 36 bytes. */
export function findDatasetPda({ owner, cid }: { owner: PublicKey; cid: Uint8Array }): Pda {
  return find([text('dataset'), owner.toBytes(), cidDigest(cid)], DATASET_REGISTRY_PROGRAM_ID);
}

/** The owner's associated token account. PDAs are allowed as owners. */
export function findAssociatedTokenAddress({ owner, mint }: { owner: PublicKey; mint: PublicKey }): PublicKey {
  return find([owner.toBytes(), TOKEN_PROGRAM_ID.toBytes(), mint.toBytes()], ASSOCIATED_TOKEN_PROGRAM_ID).address;
}
