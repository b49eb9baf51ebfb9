import { Connection, type Keypair, type PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { decodeEscrow, decodeEscrowConfig, type EscrowAccount, type EscrowConfigAccount } from '#programs/clients/ts/job-escrow';
import { decodeNode, decodeRegistryConfig, type NodeAccount, type RegistryConfigAccount } from '#programs/clients/ts/node-registry';
import { findAssociatedTokenAddress, findEscrowConfigPda, findRegistryConfigPda } from '#programs/clients/ts/pda';
import { tokenAmountBase as tokenAmountBaseIn } from '#programs/clients/ts/token';

/** The deployment as its config accounts state it. */
export interface Deployment {
  readonly escrow: EscrowConfigAccount;
  readonly registry: RegistryConfigAccount;
  readonly mint: PublicKey;
}

/** Reads of the chain, and the platform's own key. Everything that sends goes through `sendOnce`. */
export interface Chain {
  readonly connection: Connection;
  /** The platform's operator key; it pays fees and rent. */
  readonly authority: Keypair;
  /** Read once and kept: the config accounts never change. CHAIN_UNAVAILABLE where nothing is deployed yet. */
  deployment(): Promise<Deployment>;
  escrow(address: PublicKey): Promise<EscrowAccount | null>;
  node(address: PublicKey): Promise<NodeAccount | null>;
  /** CYXWIZ of an owner's associated token account, base units; 0 where it does not exist. */
  balanceBase(owner: PublicKey): Promise<bigint>;
  /** Amount in a token account; 0 where it does not exist. */
  tokenAmountBase(tokenAccount: PublicKey): Promise<bigint>;
}

/** An RPC call that hangs must not hold up a step for ever. */
const RPC_WITHIN_MS = 20_000;

export function createChain(options: { rpcUrl: string; wsUrl?: string; authority: Keypair }): Chain {
  const connection = new Connection(options.rpcUrl, {
    commitment: 'confirmed',
    disableRetryOnRateLimit: true,
    fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(RPC_WITHIN_MS) }),
    ...(options.wsUrl === undefined ? {} : { wsEndpoint: options.wsUrl }),
  });
  let deployment: Promise<Deployment> | undefined;
  const read = async (address: PublicKey): Promise<Uint8Array | null> => {
    const info = await reachable(() => connection.getAccountInfo(address));
    return info === null ? null : new Uint8Array(info.data);
  };
  const tokenAmountBase = async (tokenAccount: PublicKey): Promise<bigint> => {
    return tokenAmountBaseIn(await read(tokenAccount));
  };
  const chain: Chain = {
    connection,
    authority: options.authority,
    deployment: async () => {
      deployment ??= readDeployment(read);
      try {
        return await deployment;
      } catch (error) {
        deployment = undefined;
        throw error;
      }
    },
    escrow: async (address) => {
      const data = await read(address);
      return data === null || data.length === 0 ? null : decodeEscrow(data);
    },
    node: async (address) => {
      const data = await read(address);
      return data === null || data.length === 0 ? null : decodeNode(data);
    },
    tokenAmountBase,
    balanceBase: async (owner) => {
      const { mint } = await chain.deployment();
      return tokenAmountBase(findAssociatedTokenAddress({ owner, mint }));
    },
  };
  return chain;
}

async function readDeployment(read: (address: PublicKey) => Promise<Uint8Array | null>): Promise<Deployment> {
  const [escrow, registry] = await Promise.all([read(findEscrowConfigPda().address), read(findRegistryConfigPda().address)]);
  if (escrow === null || registry === null) {
    throw new CyxError('CHAIN_UNAVAILABLE', 'The programs are not initialised on this chain yet');
  }
  const config = decodeEscrowConfig(escrow);
  return { escrow: config, registry: decodeRegistryConfig(registry), mint: config.mint };
}

/** Runs an RPC call; a chain that does not answer becomes CHAIN_UNAVAILABLE, which is worth a retry. */
export async function reachable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new CyxError('CHAIN_UNAVAILABLE', 'The chain does not answer at the moment', { cause });
  }
}
