import { Keypair, type PublicKey, type TransactionInstruction } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import type { Database } from '#db/postgres/database';
import { findWalletByAddress } from '#db/postgres/wallets';
import type { Kms } from '#db/secrets/kms';
import { JOB_ESCROW_INSTRUCTIONS } from '#programs/clients/ts/job-escrow';
import { NODE_REGISTRY_INSTRUCTIONS } from '#programs/clients/ts/node-registry';
import { JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';

/**
 * What a managed wallet may sign: locking an escrow, and keeping a stake and taking it back, which goes to its owner alone.
 * Nothing that sends tokens elsewhere.
 */
const ALLOWED: readonly { readonly programId: PublicKey; readonly instruction: number }[] = [
  { programId: JOB_ESCROW_PROGRAM_ID, instruction: JOB_ESCROW_INSTRUCTIONS.createEscrow },
  { programId: NODE_REGISTRY_PROGRAM_ID, instruction: NODE_REGISTRY_INSTRUCTIONS.registerNode },
  { programId: NODE_REGISTRY_PROGRAM_ID, instruction: NODE_REGISTRY_INSTRUCTIONS.topUpStake },
  { programId: NODE_REGISTRY_PROGRAM_ID, instruction: NODE_REGISTRY_INSTRUCTIONS.beginUnstake },
  { programId: NODE_REGISTRY_PROGRAM_ID, instruction: NODE_REGISTRY_INSTRUCTIONS.cancelUnstake },
  { programId: NODE_REGISTRY_PROGRAM_ID, instruction: NODE_REGISTRY_INSTRUCTIONS.withdrawUnstake },
];

/** Opens a managed wallet's key for instructions of the whitelist alone. FORBIDDEN for any other. */
export async function managedSigner(
  deps: { db: Database; kms: Kms },
  address: PublicKey,
  instructions: readonly TransactionInstruction[],
): Promise<Keypair> {
  for (const instruction of instructions) {
    const allowed = ALLOWED.some((entry) => entry.programId.equals(instruction.programId) && entry.instruction === instruction.data[0]);
    const signs = instruction.keys.some((key) => key.isSigner && key.pubkey.equals(address));
    if (signs && !allowed) throw new CyxError('FORBIDDEN', 'A managed wallet signs only escrow locks and stakes');
  }
  const wallet = await findWalletByAddress(deps.db, address.toBase58());
  if (wallet?.secretWrapped == null) {
    throw new CyxError('STATE_CONFLICT', 'This wallet is not managed by the platform: its owner must sign the transaction');
  }
  return Keypair.fromSecretKey(await deps.kms.unwrap(wallet.secretWrapped, 'wallet', wallet.userId));
}
