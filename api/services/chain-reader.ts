import { Connection, PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { decodeEscrowConfig } from '#programs/clients/ts/job-escrow';
import { findAssociatedTokenAddress, findEscrowConfigPda } from '#programs/clients/ts/pda';
import { tokenAmountBase } from '#programs/clients/ts/token';

/** The few things the API reads from the chain. It never writes: workflows do. */
export interface ChainReader {
  /** For reads of many accounts at once, such as the audit's. */
  readonly connection: Connection;
  /** CYXWIZ in the wallet's associated token account; 0 where there is none. CHAIN_UNAVAILABLE where it does not answer. */
  balanceBase(address: string): Promise<bigint>;
  /** The same of many wallets, in their order. */
  balancesBase(addresses: readonly string[]): Promise<bigint[]>;
  /** Throws where the node does not answer or the programs are not set up. */
  ping(): Promise<void>;
}

/** As many accounts as a chain's node reads in one call. */
const ACCOUNTS_A_CALL = 100;

export function createChainReader(options: { rpcUrl: string }): ChainReader {
  const connection = new Connection(options.rpcUrl, { commitment: 'confirmed', disableRetryOnRateLimit: true });
  let knownMint: PublicKey | undefined;

  const mint = async (): Promise<PublicKey> => {
    if (knownMint !== undefined) return knownMint;
    const config = await connection.getAccountInfo(findEscrowConfigPda().address);
    if (config === null) throw new CyxError('CHAIN_UNAVAILABLE', 'The programs are not set up on this chain yet. Try again in a moment.');
    knownMint = decodeEscrowConfig(new Uint8Array(config.data)).mint;
    return knownMint;
  };
  const answered = async <T>(read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (cause) {
      if (cause instanceof CyxError) throw cause;
      throw new CyxError('CHAIN_UNAVAILABLE', 'The chain does not answer. Try again in a moment.', { cause });
    }
  };

  const balances = async (addresses: readonly string[]): Promise<bigint[]> => {
    const found: bigint[] = [];
    for (let from = 0; from < addresses.length; from += ACCOUNTS_A_CALL) {
      const owners = addresses.slice(from, from + ACCOUNTS_A_CALL).map((address) => new PublicKey(address));
      const token = await mint();
      const accounts = await connection.getMultipleAccountsInfo(owners.map((owner) => findAssociatedTokenAddress({ owner, mint: token })));
      found.push(...accounts.map((account) => tokenAmountBase(account === null ? null : new Uint8Array(account.data))));
    }
    return found;
  };

  return {
    connection,
    balanceBase: async (address) => (await answered(() => balances([address])))[0]!,
    balancesBase: (addresses) => answered(() => balances(addresses)),
    ping: () =>
      answered(async () => {
        await connection.getSlot();
        await mint();
      }),
  };
}
