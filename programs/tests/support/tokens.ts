import { SystemProgram, type Keypair, type PublicKey } from '@solana/web3.js';
import {
  AccountLayout,
  MINT_SIZE,
  createAssociatedTokenAccountIdempotentInstruction,
  createCloseAccountInstruction,
  createInitializeMint2Instruction,
  createMintToInstruction,
  createTransferInstruction,
} from '@solana/spl-token';
import { findAssociatedTokenAddress } from '#programs/clients/ts/pda';
import { TOKEN_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { keypair, type Chain, type Outcome } from './chain.ts';

const MINT_AUTHORITY = keypair('mint authority');
const MINT_RENT_LAMPORTS = 1_461_600;

/** Throws with the logs when set-up that a test takes for granted did not work. */
export function mustPass(outcome: Outcome): Outcome {
  if (!outcome.ok) throw new Error(`${outcome.error}\n${outcome.logs.join('\n')}`);
  return outcome;
}

export function createMint(chain: Chain, mint: Keypair, options: { decimals?: number; freezeAuthority?: PublicKey } = {}): PublicKey {
  const create = SystemProgram.createAccount({
    fromPubkey: chain.feePayer.publicKey,
    newAccountPubkey: mint.publicKey,
    lamports: MINT_RENT_LAMPORTS,
    space: MINT_SIZE,
    programId: TOKEN_PROGRAM_ID,
  });
  const freeze = options.freezeAuthority ?? null;
  const init = createInitializeMint2Instruction(mint.publicKey, options.decimals ?? 9, MINT_AUTHORITY.publicKey, freeze);
  mustPass(chain.send([create, init], [mint]));
  return mint.publicKey;
}

/** The owner's associated token account, created where it is missing. */
export function openTokenAccount(chain: Chain, owner: PublicKey, mint: PublicKey): PublicKey {
  const at = findAssociatedTokenAddress({ owner, mint });
  mustPass(chain.send([createAssociatedTokenAccountIdempotentInstruction(chain.feePayer.publicKey, at, owner, mint)]));
  return at;
}

/** Mints `amountBase` to the owner's associated token account and returns its address. */
export function fund(chain: Chain, owner: PublicKey, mint: PublicKey, amountBase: bigint): PublicKey {
  const at = openTokenAccount(chain, owner, mint);
  mustPass(chain.send([createMintToInstruction(mint, at, MINT_AUTHORITY.publicKey, amountBase)], [MINT_AUTHORITY]));
  return at;
}

/** Mints straight to a token account: how a stranger would donate to a vault. */
export function donate(chain: Chain, mint: PublicKey, to: PublicKey, amountBase: bigint): void {
  mustPass(chain.send([createMintToInstruction(mint, to, MINT_AUTHORITY.publicKey, amountBase)], [MINT_AUTHORITY]));
}

/** 0 for an account that does not exist. */
export function tokenBalance(chain: Chain, at: PublicKey): bigint {
  const found = chain.account(at);
  return found && found.data.length === AccountLayout.span ? AccountLayout.decode(found.data).amount : 0n;
}

/** The owner's balance in their associated token account. */
export function balanceOf(chain: Chain, owner: PublicKey, mint: PublicKey): bigint {
  return tokenBalance(chain, findAssociatedTokenAddress({ owner, mint }));
}

/** Empties the owner's associated token account into another one and closes it. */
export function closeTokenAccount(chain: Chain, owner: Keypair, mint: PublicKey, heir: PublicKey): void {
  const at = findAssociatedTokenAddress({ owner: owner.publicKey, mint });
  const amountBase = tokenBalance(chain, at);
  const move = createTransferInstruction(at, heir, owner.publicKey, amountBase);
  const close = createCloseAccountInstruction(at, owner.publicKey, owner.publicKey);
  mustPass(chain.send([move, close], [owner]));
}
