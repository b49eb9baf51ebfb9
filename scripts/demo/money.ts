import { PublicKey } from '@solana/web3.js';
import { createChain, type Chain } from '#activities/platform/chain/chain';
import { loadKeypair } from '#activities/platform/chain/keypair';
import type { Config } from '#core/config/config';
import { findAssociatedTokenAddress } from '#programs/clients/ts/pda';

/** Balances as the chain has them, base units. */
export interface Balances {
  readonly user: bigint;
  readonly node: bigint;
  readonly platform: bigint;
}

export interface MoneyView {
  balances(): Promise<Balances>;
  readonly nodeOwner: string;
}

/** Reads the three purses of a job straight from the chain: what the API says is not asked. */
export async function watchMoney(config: Config, of: { user: string; nodeAccount: string }): Promise<MoneyView> {
  const chain: Chain = createChain({ rpcUrl: config.solanaRpcUrl, wsUrl: config.solanaWsUrl, authority: loadKeypair(`${config.keysDir}/platform-authority.json`) });
  const { mint, escrow } = await chain.deployment();
  const node = await chain.node(new PublicKey(of.nodeAccount));
  if (node === null) throw new Error(`The node's account ${of.nodeAccount} is not on chain`);
  const purse = (owner: PublicKey): Promise<bigint> => chain.tokenAmountBase(findAssociatedTokenAddress({ owner, mint }));
  return {
    nodeOwner: node.owner.toBase58(),
    balances: async () => {
      const [user, nodeBase, platform] = await Promise.all([purse(new PublicKey(of.user)), purse(node.owner), purse(escrow.treasuryOwner)]);
      return { user, node: nodeBase, platform };
    },
  };
}
