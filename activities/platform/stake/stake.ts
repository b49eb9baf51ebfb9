import { PublicKey, type Keypair, type TransactionInstruction } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import type { NodeRow } from '#db/postgres/database';
import { requireNode } from '#db/postgres/nodes';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import type { NodeAccount } from '#programs/clients/ts/node-registry';
import { findNodePda } from '#programs/clients/ts/pda';
import { managedSigner } from '../chain/managed-signer.ts';
import type { EscrowDeps } from '../escrow/deps.ts';

/** A node, its owner's wallet and its account on chain. */
export interface Staked {
  readonly node: NodeRow;
  readonly owner: PublicKey;
  readonly address: PublicKey;
  readonly account: NodeAccount;
}

/** STATE_CONFLICT where the node was never registered on chain. */
export async function requireStaked({ db, chain }: Pick<EscrowDeps, 'db' | 'chain'>, nodeId: string): Promise<Staked> {
  const node = await requireNode(db, nodeId);
  const { address } = findNodePda(uuidToBytes(nodeId));
  const account = await chain.node(address);
  if (account === null) throw new CyxError('STATE_CONFLICT', 'This node has no stake on chain yet: it was never registered to its end.');
  return { node, owner: new PublicKey(node.ownerAddress), address, account };
}

/** A workflow may be started by whoever may start workflows: so it is asked whose node this is. */
export function requireOwner({ ownerId }: NodeRow, claimedOwnerId: string): void {
  if (ownerId !== claimedOwnerId) throw new CyxError('FORBIDDEN', 'This node belongs to somebody else.');
}

/** One instruction that the owner's wallet signs. */
export async function signedByOwner(deps: EscrowDeps, owner: PublicKey, instruction: TransactionInstruction): Promise<{ instructions: TransactionInstruction[]; signers: Keypair[] }> {
  return { instructions: [instruction], signers: [await managedSigner(deps, owner, [instruction])] };
}

/** Keys of the chain steps. `requestId` is of one unstaking or one top-up: a node may go through many. */
export const stakeKeys = {
  begin: (nodeId: string, requestId: string): string => `${nodeId}/unstake-begin/${requestId}`,
  cancel: (nodeId: string, requestId: string): string => `${nodeId}/unstake-cancel/${requestId}`,
  withdraw: (nodeId: string, requestId: string): string => `${nodeId}/stake-withdraw/${requestId}`,
  topUp: (nodeId: string, requestId: string): string => `${nodeId}/stake-topup/${requestId}`,
} as const;
