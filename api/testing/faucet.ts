import { join } from 'node:path';
import { getOrCreateAssociatedTokenAccount, mintTo } from '@solana/spl-token';
import type { Connection, Keypair, PublicKey } from '@solana/web3.js';
import { createChain } from '#activities/platform/chain/chain';
import { loadKeypair } from '#activities/platform/chain/keypair';
import type { Config } from '#core/config/config';

export interface TestFaucet {
  readonly connection: Connection;
  readonly keys: { readonly authority: Keypair; readonly faucet: Keypair };
  /** Gives a wallet CYXWIZ on the chain, of which the platform's books know nothing. */
  fund(owner: PublicKey, amountBase: bigint): Promise<void>;
}

/** The localnet's own source of CYXWIZ. */
export function createTestFaucet({ keysDir, solanaRpcUrl: rpcUrl, solanaWsUrl: wsUrl }: Pick<Config, 'keysDir' | 'solanaRpcUrl' | 'solanaWsUrl'>): TestFaucet {
  const authority = loadKeypair(join(keysDir, 'platform-authority.json'));
  const faucet = loadKeypair(join(keysDir, 'faucet.json'));
  const chain = createChain({ rpcUrl, wsUrl, authority });
  return {
    connection: chain.connection,
    keys: { authority, faucet },
    fund: async (owner, amountBase) => {
      const { mint } = await chain.deployment();
      const account = await getOrCreateAssociatedTokenAccount(chain.connection, authority, mint, owner);
      await mintTo(chain.connection, authority, mint, account.address, faucet, amountBase);
    },
  };
}
