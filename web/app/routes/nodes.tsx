import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Cpu } from 'lucide-react';
import { NodeList } from '../components/node/node-list.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Page } from '../components/ui/page.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { toWire } from '../lib/wire.ts';

const REFRESH_MS = 10_000;

export const meta: MetaFunction = () => [{ title: 'Nodes · CyxWiz' }];

/** Public, as it is on the chain: whom one could hire. */
export async function loader({ context }: LoaderFunctionArgs) {
  const nodes = await orErrorPage(context.services.nodes.list());
  return json({ nodes: toWire(nodes) });
}

export const clientLoader = keepWhileOffline();

export default function Nodes() {
  const { nodes } = useLoaderData<typeof loader>();
  useRefresh(REFRESH_MS);
  return (
    <Page
      title="Nodes"
      intro="Machines you could hire. Speed is measured, not claimed; the stake is what a node loses for work it does not do."
    >
      <div className="overflow-hidden rounded-lg border bg-panel">
        {nodes.length > 0 ? (
          <NodeList nodes={nodes} />
        ) : (
          <EmptyState icon={Cpu} title="No node is registered yet">
            Run <code className="figure text-xs text-ink">cyxwiz node</code> on a machine of yours, stake 100 CYXWIZ, and it stands here.
          </EmptyState>
        )}
      </div>
    </Page>
  );
}
