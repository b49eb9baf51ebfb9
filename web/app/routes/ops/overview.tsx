import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { Attention } from '../../components/ops/attention.tsx';
import { OpsTabs } from '../../components/ops/ops-tabs.tsx';
import { OutagesPanel, PartsPanel } from '../../components/ops/parts-panel.tsx';
import { QueueTable } from '../../components/ops/queue-table.tsx';
import { NodeStateMark } from '../../components/node/node-state.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { Fact, Facts } from '../../components/ui/facts.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { countText } from '../../lib/format.ts';
import { keepWhileOffline } from '../../lib/keep-while-offline.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

const REFRESH_MS = 10_000;

export const meta: MetaFunction = () => [{ title: 'Operations · CyxWiz' }];

/** For operators: what is stuck, what failed, and what is away. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const overview = await orErrorPage(context.services.operations.overview(actor));
  return json({ ...toWire(overview), workflowsUrl: context.publicUrls.workflows });
}

export const clientLoader = keepWhileOffline();

export default function Operations() {
  const { parts, queues, failedWorkflows, overdueJobs, nodes, outages, workflowsUrl } = useLoaderData<typeof loader>();
  useRefresh(REFRESH_MS);
  return (
    <Page
      title="Operations"
      intro="What is stuck, what failed, and what is away. A workflow that is reset in Temporal Web moves no token twice."
      actions={
        <LinkButton to={workflowsUrl} reloadDocument prefetch="none">
          Temporal Web
        </LinkButton>
      }
    >
      <OpsTabs />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="min-w-0 space-y-4">
          <Attention overdueJobs={overdueJobs} failedWorkflows={failedWorkflows} workflowsUrl={workflowsUrl} />
          <QueueTable queues={queues} />
        </div>
        <div className="min-w-0 space-y-4">
          <PartsPanel parts={parts} />
          <Panel
            title="Nodes"
            aside={
              <Link to="/nodes" className="text-xs text-accent underline-offset-4 hover:underline">
                All nodes
              </Link>
            }
          >
            {nodes.length === 0 ? (
              <p className="text-muted">None is registered.</p>
            ) : (
              <Facts>
                {nodes.map(({ state, nodes: count, banned }) => (
                  <Fact key={state} name={<NodeStateMark state={state} />}>
                    <span className="figure">{countText(count)}</span>
                    {banned > 0 && <span className="text-xs text-muted"> · {countText(banned)} banned</span>}
                  </Fact>
                ))}
              </Facts>
            )}
          </Panel>
          <OutagesPanel outages={outages} />
        </div>
      </div>
    </Page>
  );
}
