import { createInitializeMint2Instruction, MINT_SIZE } from '@solana/spl-token';
import { type Connection, type Keypair, LAMPORTS_PER_SOL, type PublicKey, sendAndConfirmTransaction, SystemProgram, Transaction, type TransactionInstruction } from '@solana/web3.js';
import { CYXWIZ_DECIMALS } from '#core/money/amount';
import { initializeDatasetsInstruction } from '#programs/clients/ts/dataset-registry';
import { initializeEscrowInstruction } from '#programs/clients/ts/job-escrow';
import { initializeRegistryInstruction } from '#programs/clients/ts/node-registry';
import { findDatasetConfigPda, findEscrowConfigPda, findRegistryConfigPda } from '#programs/clients/ts/pda';
import { TOKEN_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { derivedKeypair, localnetDeployer } from './keypair.ts';

export interface BootstrapKeys {
  readonly authority: Keypair;
  /** Mint authority of the localnet's CYXWIZ. */
  readonly faucet: Keypair;
}

/** Enough for the fees and rents of a long-lived localnet. */
const AUTHORITY_SOL = 1_000_000;
const LOW_SOL = 10_000;

/**
 * Makes a fresh localnet ready: SOL for the platform's key, the CYXWIZ mint, and the three programs' configs. Every
 * step looks first, so it may be repeated at each start. A real chain is set up by its deployer instead.
 */
export async function bootstrapLocalnet(connection: Connection, keys: BootstrapKeys): Promise<void> {
  const { authority, faucet } = keys;
  if ((await connection.getBalance(authority.publicKey)) < LOW_SOL * LAMPORTS_PER_SOL) {
    const signature = await connection.requestAirdrop(authority.publicKey, AUTHORITY_SOL * LAMPORTS_PER_SOL);
    await connection.confirmTransaction({ signature, ...(await connection.getLatestBlockhash()) });
  }
  const mint = derivedKeypair(faucet, 'mint');
  const deployer = localnetDeployer();
  const payer = authority.publicKey;
  const common = { payer, deployer: deployer.publicKey, authority: authority.publicKey };
  const send = (instruction: TransactionInstruction[], ...signers: Keypair[]): Promise<string> =>
    sendAndConfirmTransaction(connection, new Transaction().add(...instruction), [authority, ...signers]);
  const missing = async (address: PublicKey): Promise<boolean> => (await connection.getAccountInfo(address)) === null;

  if (await missing(mint.publicKey)) await send(await createMint(connection, payer, mint.publicKey, faucet.publicKey), mint);
  if (await missing(findEscrowConfigPda().address)) {
    const treasuryOwner = derivedKeypair(authority, 'treasury').publicKey;
    await send([initializeEscrowInstruction({ ...common, mint: mint.publicKey, treasuryOwner })], deployer);
  }
  if (await missing(findRegistryConfigPda().address)) {
    const insuranceOwner = derivedKeypair(authority, 'insurance').publicKey;
    await send([initializeRegistryInstruction({ ...common, mint: mint.publicKey, insuranceOwner })], deployer);
  }
  if (await missing(findDatasetConfigPda().address)) await send([initializeDatasetsInstruction(common)], deployer);
}

async function createMint(connection: Connection, payer: PublicKey, mint: PublicKey, mintAuthority: PublicKey): Promise<TransactionInstruction[]> {
  const lamports = await connection.getMinimumBalanceForRentExemption(MINT_SIZE);
  return [
    SystemProgram.createAccount({ fromPubkey: payer, newAccountPubkey: mint, space: MINT_SIZE, lamports, programId: TOKEN_PROGRAM_ID }),
    createInitializeMint2Instruction(mint, CYXWIZ_DECIMALS, mintAuthority, null),
  ];
}
