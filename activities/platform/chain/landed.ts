import type { PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { type Chain, reachable } from './chain.ts';

/** What a confirmed transaction did, as the chain tells it. */
export interface Landed {
  readonly signature: string;
  /** What a token account gained (negative: lost) in it, base units. */
  tokenDeltaBase(tokenAccount: PublicKey): bigint;
  readonly feeLamports: bigint;
  /** What the fee payer's own lamports changed by, fee included (negative: paid). */
  readonly payerLamports: bigint;
}

/** Reads a confirmed transaction back. Bookings follow it, never what we meant to do. */
export async function readLanded(chain: Chain, signature: string): Promise<Landed> {
  const found = await reachable(() =>
    chain.connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 }),
  );
  if (found?.meta == null) {
    throw new CyxError('CHAIN_UNAVAILABLE', `The chain does not show the confirmed transaction ${signature} yet`);
  }
  const { meta } = found;
  const keys = found.transaction.message.staticAccountKeys;
  const amountOf = (balances: typeof meta.preTokenBalances, account: PublicKey): bigint => {
    const entry = balances?.find((balance) => keys[balance.accountIndex]?.equals(account));
    return entry === undefined ? 0n : BigInt(entry.uiTokenAmount.amount);
  };
  return {
    signature,
    tokenDeltaBase: (account) => amountOf(meta.postTokenBalances, account) - amountOf(meta.preTokenBalances, account),
    feeLamports: BigInt(meta.fee),
    payerLamports: BigInt(meta.postBalances[0]!) - BigInt(meta.preBalances[0]!),
  };
}

/** The newest successful transaction that touched an account: who settled it, where it was not us. */
export async function latestSignatureOf(chain: Chain, account: PublicKey): Promise<string> {
  const found = await reachable(() => chain.connection.getSignaturesForAddress(account, { limit: 10 }, 'confirmed'));
  const landed = found.find((entry) => entry.err === null);
  if (landed === undefined) throw new CyxError('CHAIN_UNAVAILABLE', 'The chain shows no transaction of this account yet');
  return landed.signature;
}
