import { json, redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData, useRevalidator } from '@remix-run/react';
import { RotateCw } from 'lucide-react';
import { useMemo } from 'react';
import type { TransferView } from '#api/services/types';
import { isTerminal } from '#core/job/machine';
import { Attempts } from '../../components/job/attempts.tsx';
import { CancelDialog } from '../../components/job/cancel-dialog.tsx';
import { JobHeadline } from '../../components/job/job-headline.tsx';
import { JobLog } from '../../components/job/job-log.tsx';
import { LivePanel } from '../../components/job/live-panel.tsx';
import { MoneyTrail } from '../../components/job/money-trail.tsx';
import { Specification } from '../../components/job/specification.tsx';
import { StateBadge } from '../../components/job/state-badge.tsx';
import { Timeline } from '../../components/job/timeline.tsx';
import { Verification } from '../../components/job/verification.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { orErrorPage, toFormProblem } from '../../lib/errors.server.ts';
import { keepWhileOffline } from '../../lib/keep-while-offline.ts';
import { modelName } from '../../lib/model-name.ts';
import { useJobStream } from '../../lib/use-job-stream.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire, type Wire } from '../../lib/wire.ts';

const REFRESH_MS = 5_000;

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: data === undefined ? 'Job · CyxWiz' : `${modelName(data.job.specification.graphJson)} · Job · CyxWiz` },
];

export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const { actor, user } = await requireViewer(context, request);
  const { services, publicUrls } = context;
  const jobId = params.jobId ?? '';
  const [job, wait, checks] = await orErrorPage(Promise.all([services.jobs.get(actor, jobId), services.jobs.explainWait(actor, jobId), services.jobs.checks(actor, jobId)]));
  const workflowUrl = actor.role === 'operator' ? `${publicUrls.workflows}/${encodeURIComponent(job.workflowId)}` : null;
  return json({ job: toWire(job), wait: toWire(wait), checks: toWire(checks), walletAddress: user.wallet?.address ?? null, workflowUrl, storageUrl: publicUrls.storage });
}

export async function action({ request, params, context }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const jobId = params.jobId ?? '';
  try {
    await context.services.jobs.cancel(actor, jobId);
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ problem }, { status });
  }
  return redirect(`/jobs/${jobId}`);
}

export const clientLoader = keepWhileOffline();

export default function JobPage() {
  const data = useLoaderData<typeof loader>();
  const { job, wait, checks, walletAddress, workflowUrl, storageUrl } = data;
  const revalidator = useRevalidator();
  const { stream, connection } = useJobStream(job.jobId, {
    onMilestone: () => {
      if (job.endedAt === null) revalidator.revalidate();
    },
  });
  // The stream is ahead of the page's data for a moment; whichever knows more is shown.
  const states = stream.states.length > job.states.length ? stream.states : job.states;
  const transfers = useMemo(() => union(job.transfers, stream.transfers), [job.transfers, stream.transfers]);
  const state = states[states.length - 1]?.state ?? job.state;
  const ended = isTerminal(state);
  // Who refuses, and what a verifier finds, comes without an event of its own.
  useRefresh(job.endedAt === null ? REFRESH_MS : null);
  const { hyperParameters } = job.specification;

  return (
    <Page
      title={
        <span className="flex flex-wrap items-center gap-3">
          {modelName(job.specification.graphJson)} <StateBadge state={state} large />
        </span>
      }
      actions={
        ended ? (
          <LinkButton to={`/jobs/new?from=${job.jobId}`}>
            <RotateCw className="size-4" aria-hidden="true" /> Run it again
          </LinkButton>
        ) : (
          <CancelDialog jobId={job.jobId} amountBase={job.amountBase} isLocked={transfers.length > 0} />
        )
      }
    >
      <JobHeadline job={job} state={state} wait={wait} storageUrl={storageUrl} />
      {/* Two columns; on a phone one, with the curves first. */}
      <div className="mt-5 flex flex-col gap-5 lg:grid lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start">
        <div className="contents min-w-0 flex-col gap-5 lg:flex">
          <LivePanel
            stream={stream}
            connection={connection}
            epochs={hyperParameters.epochs}
            batchSize={hyperParameters.batchSize}
            state={state}
          />
          <MoneyTrail job={{ ...job, state }} transfers={transfers} walletAddress={walletAddress} className="order-2" />
          <Attempts attempts={job.attempts} ended={ended} className="order-3" />
          <Verification checks={checks} ended={ended} className="order-3" />
          <JobLog lines={stream.log} className="order-5" />
        </div>
        <div className="contents min-w-0 flex-col gap-5 lg:flex">
          <Panel title="States" className="order-1">
            <Timeline changes={states} />
          </Panel>
          <Specification job={job} workflowUrl={workflowUrl} className="order-4" />
        </div>
      </div>
    </Page>
  );
}

function union(loaded: readonly Wire<TransferView>[], streamed: readonly Wire<TransferView>[]): Wire<TransferView>[] {
  const keyOf = ({ signature, purpose }: Wire<TransferView>): string => `${signature}/${purpose}`;
  const known = new Set(loaded.map(keyOf));
  return [...loaded, ...streamed.filter((transfer) => !known.has(keyOf(transfer)))];
}
