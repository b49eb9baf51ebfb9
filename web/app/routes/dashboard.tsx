import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { Cpu, ListChecks, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import type { JobSummary } from '#api/services/types';
import { isTerminal } from '#core/job/machine';
import { Checklist } from '../components/dashboard/checklist.tsx';
import { firstSteps } from '../components/dashboard/first-steps.ts';
import { Devices } from '../components/dashboard/devices.tsx';
import { JobRows } from '../components/job/job-rows.tsx';
import { NodeList } from '../components/node/node-list.tsx';
import { Amount } from '../components/ui/amount.tsx';
import { LinkButton } from '../components/ui/button.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Page } from '../components/ui/page.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { plural } from '../lib/format.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire, type Wire } from '../lib/wire.ts';

const RECENT_JOBS = 8;
const REFRESH_MS = 3_000;

export const meta: MetaFunction = () => [{ title: 'Dashboard · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { services } = context;
  const [jobs, wallet, ties, nodes, datasets, machines, steps] = await orErrorPage(
    Promise.all([
      services.jobs.list(actor, { pageSize: RECENT_JOBS, pageToken: '' }),
      services.wallet.get(actor),
      services.wallet.ties(actor),
      services.nodes.listMine(actor),
      services.datasets.list(actor),
      services.machines.list(actor, actor.userId),
      services.onboarding.steps(actor),
    ]),
  );
  return json({
    jobs: toWire(jobs.items),
    wallet: toWire(wallet),
    ties: toWire(ties),
    nodes: toWire(nodes),
    hasData: datasets.length > 0,
    machines: toWire(machines),
    steps,
  });
}

export const clientLoader = keepWhileOffline();

export default function Dashboard() {
  const { jobs, wallet, ties, nodes, hasData, machines, steps } = useLoaderData<typeof loader>();
  const running = jobs.filter((job) => !isTerminal(job.state));
  const recent = jobs.filter((job) => isTerminal(job.state));
  const isNew = steps.some(({ step, done }) => !done && step !== 'firstJobOrMachine');
  useRefresh(ties.openJobs > 0 || machines.length > 0 || isNew ? REFRESH_MS : null);
  return (
    <Page
      title="Dashboard"
      actions={
        <LinkButton to="/jobs/new" look={hasData ? 'primary' : 'plain'}>
          <Plus className="size-4" aria-hidden="true" /> New job
        </LinkButton>
      }
    >
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line lg:grid-cols-4">
        <Reading name="Balance">{wallet === null ? <span className="skeleton block h-6 w-28" /> : <Amount base={wallet.balanceBase} />}</Reading>
        <Reading name="Locked in escrow">
          <Amount base={ties.lockedBase} />
        </Reading>
        <Reading name="Jobs under way">{ties.openJobs}</Reading>
        <Reading name="Your nodes">{nodes.length}</Reading>
      </dl>
      <div className="mt-5 flex flex-col gap-5">
        {steps.some(({ done }) => !done) && <Checklist items={firstSteps(steps, hasData)} />}
        <UnderWay jobs={running} openJobs={ties.openJobs} />
        {recent.length > 0 && (
          <Panel title="Ended lately" aside={<AllJobs />} flush>
            <JobRows jobs={recent} />
          </Panel>
        )}
        <Devices machines={machines} />
        <Panel title="Your nodes" flush>
          {nodes.length > 0 ? (
            <NodeList nodes={nodes} />
          ) : (
            <EmptyState icon={Cpu} title="You rent out no machine" action={<LinkButton to="/nodes">See what others earn with</LinkButton>}>
              Run <code className="figure text-xs text-ink">cyxwiz node setup</code> and <code className="figure text-xs text-ink">cyxwiz node start</code> on a computer of yours and stake 100
              CYXWIZ; it then earns 90 % of every job that it does.
            </EmptyState>
          )}
        </Panel>
      </div>
    </Page>
  );
}

/** The newest of them; `openJobs` counts all. */
function UnderWay({ jobs, openJobs }: { jobs: readonly Wire<JobSummary>[]; openJobs: number }) {
  if (openJobs === 0 && jobs.length === 0) {
    return (
      <Panel title="Under way" flush>
        <EmptyState icon={ListChecks} title="Nothing is running">
          A job that you submit stands here, with what it waits for, until it ends.
        </EmptyState>
      </Panel>
    );
  }
  const older = openJobs - jobs.length;
  return (
    <Panel title="Under way" aside={older > 0 && <AllJobs />} flush>
      {jobs.length > 0 && <JobRows jobs={jobs} />}
      {older > 0 && (
        <p className="border-t px-4 py-3 text-muted first:border-t-0 sm:px-5">
          {plural(older, 'older job')} {older === 1 ? 'is' : 'are'} under way{jobs.length > 0 && ', too'}.
        </p>
      )}
    </Panel>
  );
}

function AllJobs() {
  return (
    <Link to="/jobs" className="text-xs font-medium text-accent underline underline-offset-3">
      All jobs
    </Link>
  );
}

function Reading({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="bg-panel px-4 py-4 sm:px-5">
      <dt className="eyebrow">{name}</dt>
      <dd className="figure mt-1 text-lg font-medium sm:text-xl">{children}</dd>
    </div>
  );
}
