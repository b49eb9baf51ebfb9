import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Server } from 'lucide-react';
import { ProviderCommands } from '../components/provide/commands.tsx';
import { Estimate } from '../components/provide/estimate.tsx';
import { MarketTable } from '../components/provide/market-table.tsx';
import { ProviderRules } from '../components/provide/rules.tsx';
import { LinkButton } from '../components/ui/button.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Page } from '../components/ui/page.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { marketRows } from '../lib/provide.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { toWire } from '../lib/wire.ts';

const REFRESH_MS = 30_000;

export const meta: MetaFunction = () => [
  { title: 'Provide a machine · CyxWiz' },
  { name: 'description', content: 'Rent out a machine: what it takes, what it costs when it goes wrong, and what nodes earn at present.' },
];

/** Public: one looks before one signs up. */
export async function loader({ context }: LoaderFunctionArgs) {
  const { services } = context;
  const [viewer, nodes, lastDay, [download]] = await Promise.all([
    context.session.current(),
    orErrorPage(services.nodes.list()),
    orErrorPage(services.earnings.lastDayByClass()),
    context.readDownloads(),
  ]);
  const { http, storage, grpc, gateway } = context.publicUrls;
  return json({ isLoggedIn: viewer !== null, rows: toWire(marketRows(nodes, lastDay)), file: download?.file ?? null, urls: { http, storage, grpc, gateway } });
}

export const clientLoader = keepWhileOffline();

export default function Provide() {
  const { isLoggedIn, rows, file, urls } = useLoaderData<typeof loader>();
  useRefresh(REFRESH_MS);
  return (
    <Page
      title="Provide a machine"
      intro="Your computer trains other people’s models and is paid for each result that stands up to being checked."
      actions={
        <LinkButton to={isLoggedIn ? '/machines' : '/signup'} look="primary">
          {isLoggedIn ? 'My devices' : 'Create an account'}
        </LinkButton>
      }
    >
      <div className="space-y-5">
        <Panel title="What nodes earn at present" flush>
          {rows.length === 0 ? (
            <EmptyState icon={Server} title="No node is online">
              Yours would be the first: it could take every job that comes.
            </EmptyState>
          ) : (
            <MarketTable rows={rows} />
          )}
        </Panel>
        <div className="grid gap-5 lg:grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)] lg:items-start">
          <div className="min-w-0 space-y-5">
            <Panel title="An estimate for this computer">
              <Estimate cpu={rows.find(({ deviceClass }) => deviceClass === 'cpu')} />
            </Panel>
            <Panel title="Start earning">
              <ProviderCommands urls={urls} file={file} />
            </Panel>
          </div>
          <Panel title="What it takes">
            <ProviderRules />
          </Panel>
        </div>
      </div>
    </Page>
  );
}
