import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Wallet as WalletIcon } from 'lucide-react';
import { Balance } from '../components/wallet/balance.tsx';
import { LoginWallets } from '../components/wallet/login-wallets.tsx';
import { OpenEscrows } from '../components/wallet/open-escrows.tsx';
import { Stakes } from '../components/wallet/stakes.tsx';
import { TransferList } from '../components/wallet/transfer-list.tsx';
import { CsvLink } from '../components/ui/csv-link.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Notice } from '../components/ui/notice.tsx';
import { Page } from '../components/ui/page.tsx';
import { PageLinks } from '../components/ui/page-links.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

const PAGE_SIZE = 25;
const REFRESH_MS = 3_000;

export const meta: MetaFunction = () => [{ title: 'Wallet · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const pageToken = new URL(request.url).searchParams.get('after') ?? '';
  const { wallet: wallets, nodes } = context.services;
  const [wallet, page, escrows, stakes, logins] = await orErrorPage(
    Promise.all([
      wallets.getReconciled(actor),
      wallets.transfers(actor, { pageSize: PAGE_SIZE, pageToken }),
      wallets.openEscrows(actor),
      nodes.listMine(actor),
      wallets.logins(actor),
    ]),
  );
  return json({ wallet: toWire(wallet), ...toWire(page), escrows: toWire(escrows), stakes: toWire(stakes), logins: toWire(logins), isFirstPage: pageToken === '' });
}

export const clientLoader = keepWhileOffline();

export default function Wallet() {
  const { wallet, items, nextPageToken, escrows, stakes, logins, isFirstPage } = useLoaderData<typeof loader>();
  // A new account's wallet appears by itself, seconds after the sign-up; a locked escrow changes with its job.
  useRefresh(wallet === null || escrows.length > 0 ? REFRESH_MS : null);
  return (
    <Page title="Wallet" narrow actions={<CsvLink to="/wallet.csv" />}>
      <div className="flex flex-col gap-5">
        {wallet === null ? (
          <Notice kind="waiting" title="Your wallet is being made">
            It takes a few seconds after you sign up. This page shows it as soon as it is there.
          </Notice>
        ) : (
          <Balance wallet={wallet} />
        )}
        {isFirstPage && <OpenEscrows escrows={escrows} />}
        {isFirstPage && <Stakes nodes={stakes} />}
        {isFirstPage && <LoginWallets wallets={logins} />}
        <Panel title="Transfers" flush>
          {items.length > 0 ? (
            <TransferList transfers={items} walletAddress={wallet?.address ?? null} />
          ) : (
            <EmptyState icon={WalletIcon} title="No transfer yet">
              Every token that comes in or goes out stands here, with the reason and the signature on the chain.
            </EmptyState>
          )}
        </Panel>
      </div>
      <PageLinks newest={isFirstPage ? null : '/wallet'} older={nextPageToken === '' ? null : `/wallet?after=${encodeURIComponent(nextPageToken)}`} />
    </Page>
  );
}
