import { PublicKey } from '@solana/web3.js';
import { auditLedger } from '#api/services/audit';
import type { Chain } from '#activities/platform/chain/chain';
import { ledgerBalances } from '#db/postgres/ledger';
import { findEscrowVaultPda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { mintSupplyBase } from '#programs/clients/ts/token';
import type { Arena } from '../arena/arena.ts';
import type { Broken } from '../report.ts';

/** I1 in total: the platform's own audit, and every token that was ever minted found in somebody's account on chain. */
export async function checkBooks({ postgres, chain }: Arena): Promise<{ broken: Broken[]; unaccountedBase: bigint }> {
  const audit = await auditLedger(postgres.db, chain.connection);
  const broken = audit.problems.map(({ subject, message }): Broken => ({ invariant: 'I1', why: `${subject}: ${message}` }));
  const unaccountedBase = await unaccounted(chain, [...(await ledgerBalances(postgres.db)).keys()]);
  if (unaccountedBase !== 0n) broken.push({ invariant: 'I1', why: `${unaccountedBase} base units were minted and are in no account that the books know` });
  return { broken, unaccountedBase };
}

async function unaccounted(chain: Chain, accounts: readonly string[]): Promise<bigint> {
  const { mint, escrow, registry } = await chain.deployment();
  const info = await chain.connection.getAccountInfo(mint);
  let missingBase = mintSupplyBase(info === null ? null : new Uint8Array(info.data));
  for (const account of accounts) missingBase -= await heldBase(account);
  return missingBase;

  /** Token accounts are read as they are, not what the programs count. */
  function heldBase(account: string): Promise<bigint> {
    const [kind, address = ''] = account.split(':');
    switch (kind) {
      case 'platform':
        return chain.balanceBase(escrow.treasuryOwner);
      case 'insurance':
        return chain.balanceBase(registry.insuranceOwner);
      case 'wallet':
        return chain.balanceBase(new PublicKey(address));
      case 'escrow':
        return chain.tokenAmountBase(findEscrowVaultPda(new PublicKey(address)).address);
      case 'stake':
        return chain.tokenAmountBase(findStakeVaultPda(new PublicKey(address)).address);
      default:
        return Promise.resolve(0n); // the mint itself, and SOL's own accounts
    }
  }
}
