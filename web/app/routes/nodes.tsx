import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Cpu, SearchX } from 'lucide-react';
import { NodeFilters } from '../components/node/node-filters.tsx';
import { NodeList } from '../components/node/node-list.tsx';
import { LinkButton } from '../components/ui/button.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Page } from '../components/ui/page.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { plural } from '../lib/format.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { filterNodes, readNodeFilter } from '../lib/node-filter.server.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { toWire } from '../lib/wire.ts';

const REFRESH_MS = 10_000;
const STEP = 50;
const MOST_SHOWN = 1_000;

export const meta: MetaFunction = () => [{ title: 'Nodes · CyxWiz' }];

/** Public, as it is on the chain: whom one could hire. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { searchParams } = new URL(request.url);
  const nodes = await orErrorPage(context.services.nodes.list());
  const fitting = filterNodes(nodes, readNodeFilter(searchParams));
  const show = Math.min(MOST_SHOWN, Math.max(STEP, Number(searchParams.get('show')) || STEP));
  const asked = Object.fromEntries([...searchParams].filter(([name, value]) => value !== '' && name !== 'show'));
  const classes = [...new Set(nodes.map(({ deviceClass }) => deviceClass))].sort();
  return json({ nodes: toWire(fitting.slice(0, show)), fitting: fitting.length, all: nodes.length, asked, classes });
}

export const clientLoader = keepWhileOffline();

export default function Nodes() {
  const { nodes, fitting, all, asked, classes } = useLoaderData<typeof loader>();
  useRefresh(REFRESH_MS);
  const more = new URLSearchParams({ ...asked, show: String(nodes.length + STEP) });
  return (
    <Page title="Nodes" intro="Machines you could hire. Speed is measured, not claimed; the stake is what a node loses for work it does not do.">
      {all > 0 && <NodeFilters classes={classes} asked={asked} />}
      <p className="mb-2 text-xs text-muted" role="status">
        {all > 0 && `${plural(fitting, 'node')}${fitting < all ? ` of ${all}` : ''}`}
      </p>
      <div className="overflow-hidden rounded-lg border bg-panel">{nodes.length > 0 ? <NodeList nodes={nodes} /> : <NoNodes isFiltered={all > 0} />}</div>
      {nodes.length < Math.min(fitting, MOST_SHOWN) && (
        <nav aria-label="Pages" className="mt-4 flex justify-end">
          <LinkButton to={`/nodes?${more.toString()}`} preventScrollReset>
            Show more
          </LinkButton>
        </nav>
      )}
    </Page>
  );
}

function NoNodes({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState icon={SearchX} title="No node is all of that" action={<LinkButton to="/nodes">Show all nodes</LinkButton>}>
        Ask for a little less, or let it cost more.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={Cpu} title="No node is registered yet">
      Start a Server Node on a machine of yours, stake 100 CYXWIZ, and it stands here.
    </EmptyState>
  );
}
