import { Form, useNavigation } from '@remix-run/react';
import { plural } from '../../lib/format.ts';
import type { PlannedCancel } from '../../lib/cancel-jobs.server.ts';
import { modelName } from '../../lib/model-name.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Button, LinkButton } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateBadge } from './state-badge.tsx';

type Planned = Wire<PlannedCancel>;

/** How many jobs would stop, how much comes back, and what is lost. */
export function CancelPlan({ planned }: { planned: readonly Planned[] }) {
  const open = planned.filter(({ canBeCancelled }) => canBeCancelled);
  const totalBase = open.reduce((sum, { refundBase }) => sum + BigInt(refundBase), 0n).toString();
  const busy = useNavigation().formMethod === 'POST';
  return (
    <>
      <ul className="mb-5 list-disc space-y-1 pl-4 text-muted marker:text-faint">
        <li>
          {totalBase === '0' ? (
            'Nothing is locked yet, so nothing has to be refunded.'
          ) : (
            <>
              <Amount base={totalBase} inline className="font-medium text-ink" /> go from {open.length === 1 ? 'the escrow' : 'the escrows'} back to your wallet: all of it.
            </>
          )}
        </li>
        <li>The nodes stop. What they trained so far stays sealed; you do not get it.</li>
        <li>This can not be undone, but you can submit the same jobs again.</li>
      </ul>
      <Panel title={plural(planned.length, 'job')} aside={<Amount base={totalBase} className="text-sm font-medium" />} flush>
        <ul className="divide-y">
          {planned.map((job) => (
            <PlannedRow key={job.jobId} job={job} />
          ))}
        </ul>
      </Panel>
      <Form method="post" action="/jobs/cancel" className="mt-5 flex flex-wrap justify-end gap-2">
        {open.map(({ jobId }) => (
          <input key={jobId} type="hidden" name="job" value={jobId} />
        ))}
        <LinkButton to="/jobs">Let them run</LinkButton>
        <Button look="danger" disabled={busy}>
          {busy ? 'Cancelling…' : `Cancel ${plural(open.length, 'job')}`}
        </Button>
      </Form>
    </>
  );
}

function PlannedRow({ job }: { job: Planned }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-3 sm:px-5">
      <span className="min-w-0">
        <span className="block font-medium">{modelName(job.graphJson)}</span>
        <span className="block text-xs text-muted">
          <span className="figure">{job.jobId.slice(0, 8)}</span> · {fateOf(job)}
        </span>
      </span>
      <StateBadge state={job.state} />
    </li>
  );
}

function fateOf({ canBeCancelled, refundBase }: Planned) {
  if (!canBeCancelled) return 'has ended already and stays as it is';
  if (refundBase === '0') return 'nothing is locked yet';
  return (
    <>
      <Amount base={refundBase} inline /> back to you
    </>
  );
}
