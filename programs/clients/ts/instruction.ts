import { SystemProgram, TransactionInstruction, type AccountMeta, type PublicKey } from '@solana/web3.js';
import { ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_PROGRAM_ID } from './program-ids.ts';

/** Account metas by role, so that each builder reads like its program's numbered account list. */
export const readonly = (pubkey: PublicKey): AccountMeta => ({ pubkey, isSigner: false, isWritable: false });
export const writable = (pubkey: PublicKey): AccountMeta => ({ pubkey, isSigner: false, isWritable: true });
export const signer = (pubkey: PublicKey): AccountMeta => ({ pubkey, isSigner: true, isWritable: false });
export const payerMeta = (pubkey: PublicKey): AccountMeta => ({ pubkey, isSigner: true, isWritable: true });

export const systemProgram = readonly(SystemProgram.programId);
export const tokenProgram = readonly(TOKEN_PROGRAM_ID);
export const associatedTokenProgram = readonly(ASSOCIATED_TOKEN_PROGRAM_ID);

export function instruction(programId: PublicKey, keys: AccountMeta[], data: Uint8Array): TransactionInstruction {
  // web3.js types `data` as Buffer but only ever reads it as bytes; a Uint8Array keeps Buffer out of browsers.
  return new TransactionInstruction({ programId, keys, data: data as unknown as Buffer });
}
