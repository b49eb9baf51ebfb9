import { Link } from '@remix-run/react';
import { CircleCheck, ExternalLink } from 'lucide-react';
import type { FailedWorkflowView, OverdueJobView } from '#api/services/operation-types';
import type { Wire } from '../../lib/wire.ts';
import { StateBadge } from '../job/state-badge.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Moment } from '../ui/moment.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';

interface AttentionProps {
  readonly overdueJobs: readonly Wire<OverdueJobView>[];
  readonly failedWorkflows: readonly Wire<FailedWorkflowView>[] | null;
  /** Where Temporal Web shows workflows. */
  readonly workflowsUrl: string;
}

/** What somebody has to look at. Resetting is done in Temporal Web: it moves no token twice. */
export function Attention({ overdueJobs, failedWorkflows, workflowsUrl }: AttentionProps) {
  const urlOf = (workflowId: string, runId?: string): string => [workflowsUrl, workflowId, ...(runId === undefined ? [] : [runId])].map((part, index) => (index === 0 ? part : encodeURIComponent(part))).join('/');
  const isQuiet = overdueJobs.length === 0 && failedWorkflows?.length === 0;
  return (
    <Panel title="Needs attention" flush>
      {failedWorkflows === null && (
        <Notice kind="problem" className="m-4">
          Temporal does not answer, so nobody knows what failed. Trainings go on meanwhile.
        </Notice>
      )}
      {isQuiet && (
        <EmptyState icon={CircleCheck} title="Nothing">
          No job is past its deadline, and no workflow of the last week failed.
        </EmptyState>
      )}
      <ul className="divide-y">
        {overdueJobs.map(({ jobId, workflowId, state, deadlineAt, waitingFor }) => (
          <li key={jobId} className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-3 sm:px-5">
            <div className="min-w-0">
              <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <StateBadge state={state} />
                <span>
                  Job <ShortId id={jobId} what="job id" /> should have ended <Moment at={deadlineAt} />
                </span>
              </p>
              <p className="mt-1 text-xs text-muted">{waitingFor}</p>
            </div>
            <span className="flex gap-4">
              <Link to={`/jobs/${jobId}`} className="text-accent underline-offset-4 hover:underline">
                Job
              </Link>
              <TemporalLink href={urlOf(workflowId)} />
            </span>
          </li>
        ))}
        {(failedWorkflows ?? []).map(({ workflowId, runId, type, status, closedAt }) => (
          <li key={runId} className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-3 sm:px-5">
            <p className="min-w-0">
              <span className="font-medium">{type}</span> {status} <Moment at={closedAt} />
              <span className="figure block truncate text-xs text-muted">{workflowId}</span>
            </p>
            <TemporalLink href={urlOf(workflowId, runId)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function TemporalLink({ href }: { href: string }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className="inline-flex items-center gap-1 text-accent underline-offset-4 hover:underline">
      Temporal Web <ExternalLink className="size-3.5" aria-hidden="true" />
    </a>
  );
}
