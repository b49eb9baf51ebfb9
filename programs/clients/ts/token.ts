import { ByteReader } from './bytes.ts';

/** Where SPL Token keeps its u64 amounts: in a token account, and in a mint. */
const ACCOUNT_AMOUNT_OFFSET = 64;
const MINT_SUPPLY_OFFSET = 36;

/** Base units in a token account; 0 for one that does not exist. */
export function tokenAmountBase(account: Uint8Array | null): bigint {
  return account === null ? 0n : new ByteReader(account).u64(ACCOUNT_AMOUNT_OFFSET);
}

/** Base units that were ever minted and not burned; 0 for a mint that does not exist. */
export function mintSupplyBase(mint: Uint8Array | null): bigint {
  return mint === null ? 0n : new ByteReader(mint).u64(MINT_SUPPLY_OFFSET);
}
