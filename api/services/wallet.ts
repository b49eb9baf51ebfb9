import { z } from 'zod';
import { MAX_ROW_ID } from '#core/input/text';
import type { LedgerRow } from '#db/postgres/database';
import { entriesOfAccounts } from '#db/postgres/ledger';
import { findWallet } from '#db/postgres/wallets';
import type { ServiceDeps } from './deps.ts';
import { decodePageToken, effectivePageSize, encodePageToken } from './page-token.ts';
import type { Services, TransferPurpose, TransferView } from './types.ts';

const positionSchema = z.tuple([z.string().regex(/^\d{1,19}$/).transform(BigInt).refine((id) => id <= MAX_ROW_ID)]);

export function createWalletServices({ postgres, chain }: Pick<ServiceDeps, 'postgres' | 'chain'>): Services['wallet'] {
  return {
    get: async (actor) => {
      const wallet = await findWallet(postgres.db, actor.userId);
      if (wallet === null) return null;
      const kind = wallet.kind === 'linked' ? 'linked' : 'managed';
      return { address: wallet.address, kind, balanceBase: await chain.balanceBase(wallet.address) };
    },
    transfers: async (actor, page) => {
      const limit = effectivePageSize(page.pageSize);
      const scope = `transfers/${actor.userId}`;
      const after = decodePageToken(scope, page.pageToken, positionSchema);
      const wallet = await findWallet(postgres.db, actor.userId);
      if (wallet === null) return { items: [], nextPageToken: '' };
      const rows = await entriesOfAccounts(postgres.db, {
        accounts: [`wallet:${wallet.address}`],
        currency: 'CYXWIZ',
        beforeId: after === null ? undefined : after[0],
        limit: limit + 1,
      });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        items: rows.slice(0, limit).map(transferView),
        nextPageToken: last === undefined ? '' : encodePageToken(scope, [last.id.toString()]),
      };
    },
  };
}

/** A transfer, from either of its two rows. */
export function transferView(row: LedgerRow): TransferView {
  const isCredit = row.amountBase > 0n;
  return {
    purpose: row.purpose as TransferPurpose,
    from: isCredit ? row.counterAccount : row.account,
    to: isCredit ? row.account : row.counterAccount,
    amountBase: isCredit ? row.amountBase : -row.amountBase,
    signature: row.signature,
    jobId: row.jobId,
    at: row.at,
  };
}
