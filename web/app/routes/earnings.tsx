import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Coins } from 'lucide-react';
import { DayBars } from '../components/earnings/day-bars.tsx';
import { DayTable } from '../components/earnings/day-table.tsx';
import { Amount } from '../components/ui/amount.tsx';
import { CsvLink } from '../components/ui/csv-link.tsx';
import { LinkButton } from '../components/ui/button.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Page } from '../components/ui/page.tsx';
import { PageLinks } from '../components/ui/page-links.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { TransferList } from '../components/wallet/transfer-list.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

const PAGE_SIZE = 25;

export const meta: MetaFunction = () => [{ title: 'Earnings · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { services } = context;
  const pageToken = new URL(request.url).searchParams.get('after') ?? '';
  const [nodes, byNode, days, page, wallet] = await orErrorPage(
    Promise.all([
      services.nodes.listMine(actor),
      services.earnings.byNode(actor),
      services.earnings.byDay(actor),
      services.earnings.transfers(actor, { pageSize: PAGE_SIZE, pageToken }),
      services.wallet.get(actor),
    ]),
  );
  return json({
    names: nodes.map(({ nodeId, deviceName }) => ({ nodeId, deviceName })),
    byNode: toWire(byNode),
    days: toWire(days),
    ...toWire(page),
    walletAddress: wallet?.address ?? null,
    today: new Date().toISOString().slice(0, 10),
    isFirstPage: pageToken === '',
  });
}

export default function Earnings() {
  const { names, byNode, days, items, nextPageToken, walletAddress, today, isFirstPage } = useLoaderData<typeof loader>();
  const nameOf = (nodeId: string): string => {
    const name = names.find((node) => node.nodeId === nodeId)?.deviceName ?? 'a node';
    return `${name} · ${nodeId.slice(0, 8)}`;
  };
  if (names.length === 0) return <NoNode />;
  return (
    <Page title="Earnings" intro="What your nodes were paid, from the ledger: 90 % of each job that was checked and found right." actions={<CsvLink to="/earnings.csv" />}>
      <dl className="grid gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
        <div className="bg-panel px-4 py-4 sm:px-5">
          <dt className="eyebrow">Earned in all</dt>
          <dd className="mt-1 text-xl font-medium">
            <Amount base={byNode.reduce((sum, { amountBase }) => sum + BigInt(amountBase), 0n).toString()} />
          </dd>
        </div>
        <div className="bg-panel px-4 py-4 sm:px-5">
          <dt className="eyebrow">Day by day</dt>
          <dd className="mt-1">
            <DayBars days={days} today={today} />
          </dd>
        </div>
      </dl>
      <Panel title="By day and node" flush className="mt-5">
        {days.length > 0 ? <DayTable days={days} nameOf={nameOf} /> : <NothingYet />}
      </Panel>
      <Panel title="Transfers" flush className="mt-5">
        {items.length > 0 ? <TransferList transfers={items} walletAddress={walletAddress} nodeNameOf={nameOf} /> : <NothingYet />}
      </Panel>
      <PageLinks newest={isFirstPage ? null : '/earnings'} older={nextPageToken === '' ? null : `/earnings?after=${encodeURIComponent(nextPageToken)}`} />
    </Page>
  );
}

function NothingYet() {
  return (
    <EmptyState icon={Coins} title="Nothing in these days" action={<LinkButton to="/machines">Look at my devices</LinkButton>}>
      A node earns when a job of its class comes, it trains it, and the result is found right. Keep it online; a lower price is hired sooner.
    </EmptyState>
  );
}

function NoNode() {
  return (
    <Page title="Earnings">
      <div className="rounded-lg border bg-panel">
        <EmptyState
          icon={Coins}
          title="You rent out no machine yet"
          action={
            <LinkButton to="/downloads" look="primary">
              Get the Server Node
            </LinkButton>
          }
        >
          Run the Server Node on a computer of yours and stake 100 CYXWIZ. What it earns then stands here, each payment with its signature.
        </EmptyState>
      </div>
    </Page>
  );
}
