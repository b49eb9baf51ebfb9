import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { MAX_ROW_ID } from '#core/input/text';
import type { Database, LedgerRow } from '#db/postgres/database';
import { accountTies, openEscrows } from '#db/postgres/holdings';
import { ownJobIds } from '#db/postgres/jobs';
import { entriesOfAccounts, ledgerBalance, transfersOfSignature } from '#db/postgres/ledger';
import { findWallet } from '#db/postgres/wallets';
import type { ServiceDeps } from './deps.ts';
import { jobSummary } from './job-views.ts';
import { decodePageToken, effectivePageSize, encodePageToken } from './page-token.ts';
import type { Actor, OwnTransferView, TransferPurpose, TransferView } from './types.ts';
import type { LoginWalletView, WalletServices, WalletView } from './wallet-types.ts';

const positionSchema = z.tuple([z.string().regex(/^\d{1,19}$/).transform(BigInt).refine((id) => id <= MAX_ROW_ID)]);
/** Base58 of 64 bytes has at most 88 characters; what is none of ours is simply not found. */
const signatureSchema = z.object({ signature: z.string().regex(/^[0-9A-Za-z]{1,100}$/, 'must be the signature of a transaction') });

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'chain'>;

export function createWalletServices(deps: Deps): WalletServices {
  const { postgres } = deps;
  return {
    get: (actor) => readWallet(deps, actor),
    getReconciled: async (actor) => {
      const wallet = await readWallet(deps, actor);
      if (wallet === null) return null;
      // The chain first: what lands between the two reads is then in the books only, and not mistaken for a deposit.
      const aboveBase = wallet.balanceBase - (await ledgerBalance(postgres.db, `wallet:${wallet.address}`));
      return { ...wallet, outsideBase: aboveBase > 0n ? aboveBase : 0n };
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
        items: await ownTransferViews(postgres.db, actor, rows.slice(0, limit)),
        nextPageToken: last === undefined ? '' : encodePageToken(scope, [last.id.toString()]),
      };
    },
    transaction: async (actor, input) => {
      const { signature } = parseInput(signatureSchema, { signature: input });
      const rows = await transfersOfSignature(postgres.db, { signature, userId: actor.role === 'operator' ? null : actor.userId });
      if (rows.length === 0) throw new CyxError('NOT_FOUND', 'The ledger has no transfer of yours with this signature. Open it from the job or the wallet it belongs to.');
      return ownTransferViews(postgres.db, actor, rows);
    },
    ties: (actor) => accountTies(postgres.db, actor.userId),
    openEscrows: async (actor) => (await openEscrows(postgres.db, actor.userId)).map(({ job, ...escrow }) => ({ job: jobSummary(job), ...escrow })),
    logins: (actor) => loginWallets(deps, actor),
  };
}

async function readWallet({ postgres, chain }: Deps, actor: Actor): Promise<WalletView | null> {
  const wallet = await findWallet(postgres.db, actor.userId);
  if (wallet === null) return null;
  const kind = wallet.kind === 'linked' ? 'linked' : 'managed';
  return { address: wallet.address, kind, balanceBase: await chain.balanceBase(wallet.address) };
}

/** An identity's label is the wallet's address. */
async function loginWallets({ mongo, chain }: Deps, actor: Actor): Promise<LoginWalletView[]> {
  const user = await mongo.users.findOne({ _id: actor.userId });
  const linked = (user?.identities ?? []).filter(({ kind }) => kind === 'wallet');
  const balances = await chain.balancesBase(linked.map(({ label }) => label));
  return linked.map(({ label, linkedAt }, at) => ({ address: label, linkedAt, balanceBase: balances[at]! }));
}

/** Rows of the books for somebody whom they concern. Operators may open every job. */
export async function ownTransferViews(db: Database, actor: Actor, rows: readonly LedgerRow[]): Promise<OwnTransferView[]> {
  const jobIds = [...new Set(rows.flatMap(({ jobId }) => jobId ?? []))];
  const own = actor.role === 'operator' ? new Set(jobIds) : await ownJobIds(db, { userId: actor.userId, jobIds });
  return rows.map((row) => ({ ...transferView(row), canOpenJob: row.jobId !== null && own.has(row.jobId) }));
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
