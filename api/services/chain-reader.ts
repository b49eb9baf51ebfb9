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
  /** Throws where the node does not answer or the programs are not set up. */
  ping(): Promise<void>;
}

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

  return {
    connection,
    balanceBase: (address) =>
      answered(async () => {
        const owner = new PublicKey(address);
        const account = await connection.getAccountInfo(findAssociatedTokenAddress({ owner, mint: await mint() }));
        return tokenAmountBase(account === null ? null : new Uint8Array(account.data));
      }),
    ping: () =>
      answered(async () => {
        await connection.getSlot();
        await mint();
      }),
  };
}
