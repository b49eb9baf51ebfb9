import { parseTokenAccount, parseTokenMint } from '../codec/token.ts';
import type { AccountImage, TokenBalanceRecord } from './records.ts';

/** Token balances among the accounts of a transaction, in the order of its keys. */
export function tokenBalances(
  accounts: readonly (AccountImage | undefined)[],
  account: (address: string) => AccountImage | undefined,
): TokenBalanceRecord[] {
  const byAddress = new Map(
    accounts.flatMap((image) => (image === undefined ? [] : [[image.address, image] as const])),
  );
  return accounts.flatMap((image, accountIndex) => {
    const token = parseTokenAccount(image);
    if (image === undefined || token === undefined) return [];
    const mint = parseTokenMint(byAddress.get(token.mint) ?? account(token.mint));
    if (mint === undefined) return [];
    const { mint: mintAddress, owner, amountBase } = token;
    return [{ accountIndex, mint: mintAddress, owner, programId: image.owner, amountBase, decimals: mint.decimals }];
  });
}
