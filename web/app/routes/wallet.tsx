import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Wallet as WalletIcon } from 'lucide-react';
import { TransferList } from '../components/wallet/transfer-list.tsx';
import { Amount } from '../components/ui/amount.tsx';
import { CsvLink } from '../components/ui/csv-link.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Notice } from '../components/ui/notice.tsx';
import { Page } from '../components/ui/page.tsx';
import { PageLinks } from '../components/ui/page-links.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { CopyButton } from '../components/ui/short-id.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

const PAGE_SIZE = 25;
const REFRESH_MS = 2_000;

export const meta: MetaFunction = () => [{ title: 'Wallet · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const pageToken = new URL(request.url).searchParams.get('after') ?? '';
  const { wallet: wallets } = context.services;
  const [wallet, page] = await orErrorPage(Promise.all([wallets.get(actor), wallets.transfers(actor, { pageSize: PAGE_SIZE, pageToken })]));
  return json({ wallet: toWire(wallet), ...toWire(page), isFirstPage: pageToken === '' });
}

export const clientLoader = keepWhileOffline();

export default function Wallet() {
  const { wallet, items, nextPageToken, isFirstPage } = useLoaderData<typeof loader>();
  // A new account's wallet appears by itself, seconds after the sign-up.
  useRefresh(wallet === null ? REFRESH_MS : null);
  return (
    <Page title="Wallet" narrow actions={<CsvLink to="/wallet.csv" />}>
      {wallet === null ? (
        <Notice kind="waiting" title="Your wallet is being made">
          It takes a few seconds after you sign up. This page shows it as soon as it is there.
        </Notice>
      ) : (
        <section aria-label="Balance" className="rounded-lg border bg-panel px-4 py-5 sm:px-6">
          <p className="eyebrow">Balance on chain</p>
          <p className="mt-1">
            <Amount base={wallet.balanceBase} className="text-2xl font-medium" />
          </p>
          <p className="mt-3 flex flex-wrap items-center gap-x-2 text-xs text-muted">
            <span>{wallet.kind === 'managed' ? 'Managed wallet' : 'Linked wallet'}</span>
            <span className="figure break-all text-ink">{wallet.address}</span>
            <CopyButton text={wallet.address} what="wallet address" />
          </p>
        </section>
      )}
      <Panel title="Transfers" flush className="mt-5">
        {items.length > 0 ? (
          <TransferList transfers={items} walletAddress={wallet?.address ?? null} />
        ) : (
          <EmptyState icon={WalletIcon} title="No transfer yet">
            Every token that comes in or goes out stands here, with the reason and the signature on the chain.
          </EmptyState>
        )}
      </Panel>
      <PageLinks newest={isFirstPage ? null : '/wallet'} older={nextPageToken === '' ? null : `/wallet?after=${encodeURIComponent(nextPageToken)}`} />
    </Page>
  );
}
