import { z } from 'zod';
import type { Chain } from '../chain/chain.ts';
import type { AccountImage } from '../chain/records.ts';
import { encodeAccount, type AccountView } from '../codec/account.ts';
import {
  isTokenProgram,
  parseTokenAccount,
  parseTokenMint,
  TOKEN_PROGRAMS,
  uiTokenAmount,
  type TokenAccount,
  type TokenMint,
} from '../codec/token.ts';
import { RpcError } from './errors.ts';
import { method, withContext, type MethodTable } from './method.ts';
import { accountConfig, address, readConfig } from './params.ts';

const LARGEST = 20;
const ownerFilter = z.union([z.object({ mint: address }), z.object({ programId: address })]);
const byOwner = z.tuple([address, ownerFilter, accountConfig.nullish()]);

export const tokenMethods: MethodTable = {
  getTokenAccountBalance: method(z.tuple([address, readConfig.nullish()]), ({ chain }, [key]) => {
    const account = parseTokenAccount(chain.account(key));
    if (account === undefined) throw new RpcError('invalidParams', 'Invalid param: not a Token account');
    return withContext(chain, uiTokenAmount(account.amountBase, mintOf(chain, account.mint).decimals));
  }),
  getTokenSupply: method(z.tuple([address, readConfig.nullish()]), ({ chain }, [key]) => {
    const mint = mintOf(chain, key);
    return withContext(chain, uiTokenAmount(mint.supplyBase, mint.decimals));
  }),
  getTokenLargestAccounts: method(z.tuple([address, readConfig.nullish()]), ({ chain }, [key]) => {
    const { decimals } = mintOf(chain, key);
    const largest = tokenAccounts(chain, TOKEN_PROGRAMS)
      .filter(({ token }) => token.mint === key)
      .sort((a, b) => (a.token.amountBase < b.token.amountBase ? 1 : -1))
      .slice(0, LARGEST);
    return withContext(
      chain,
      largest.map(({ image, token }) => ({ address: image.address, ...uiTokenAmount(token.amountBase, decimals) })),
    );
  }),
  getTokenAccountsByOwner: method(byOwner, ({ chain }, [owner, filter, config]) =>
    listed(chain, filter, config ?? {}, (token) => token.owner === owner),
  ),
  getTokenAccountsByDelegate: method(byOwner, ({ chain }, [delegate, filter, config]) =>
    listed(chain, filter, config ?? {}, (token) => token.delegate === delegate),
  ),
};

function listed(
  chain: Chain,
  filter: z.output<typeof ownerFilter>,
  view: AccountView,
  isWanted: (token: TokenAccount) => boolean,
): Record<string, unknown> {
  if ('programId' in filter && !isTokenProgram(filter.programId))
    throw new RpcError('invalidParams', 'Invalid param: unrecognized Token program id');
  if ('mint' in filter) mintOf(chain, filter.mint);
  const programs = 'programId' in filter ? [filter.programId] : TOKEN_PROGRAMS;
  const found = tokenAccounts(chain, programs).filter(
    ({ token }) => isWanted(token) && (!('mint' in filter) || token.mint === filter.mint),
  );
  const read = (key: string) => chain.account(key);
  return withContext(
    chain,
    found.map(({ image }) => ({ pubkey: image.address, account: encodeAccount(image, view, read) })),
  );
}

function tokenAccounts(chain: Chain, programs: readonly string[]): { image: AccountImage; token: TokenAccount }[] {
  return programs
    .flatMap((program) => chain.ownedBy(program))
    .flatMap((image) => {
      const token = parseTokenAccount(image);
      return token === undefined ? [] : [{ image, token }];
    });
}

function mintOf(chain: Chain, key: string): TokenMint {
  const mint = parseTokenMint(chain.account(key));
  if (mint === undefined) throw new RpcError('invalidParams', 'Invalid param: could not find mint');
  return mint;
}
