import { Link } from '@remix-run/react';
import type { OpenEscrowView } from '#api/services/wallet-types';
import { isTerminal } from '#core/job/machine';
import { modelName } from '../../lib/model-name.ts';
import { escrowOutlook, totalBase } from '../../lib/money-words.ts';
import type { Wire } from '../../lib/wire.ts';
import { StateBadge } from '../job/state-badge.tsx';
import { Amount } from '../ui/amount.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { EscrowFate } from './escrow-fate.tsx';
import { NothingHere } from './nothing-here.tsx';

/** Every job whose escrow is locked now, and what becomes of the tokens. */
export function OpenEscrows({ escrows }: { escrows: readonly Wire<OpenEscrowView>[] }) {
  const total = totalBase(escrows.map(({ lockedBase }) => lockedBase));
  return (
    <Panel title="Locked in escrow" aside={<Amount base={total} className="text-sm font-medium" />} flush>
      {escrows.length > 0 ? (
        <ul className="divide-y">
          {escrows.map((escrow) => (
            <EscrowRow key={escrow.job.jobId} escrow={escrow} />
          ))}
        </ul>
      ) : (
        <NothingHere to="/jobs/new" action="Start a job">
          Nothing is locked. A job’s price is locked when it starts, and paid out only for a checked result.
        </NothingHere>
      )}
    </Panel>
  );
}

function EscrowRow({ escrow: { job, lockedBase, lockedAt } }: { escrow: Wire<OpenEscrowView> }) {
  return (
    <li className="px-4 py-3 sm:px-5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <p className="min-w-0">
          <Amount base={lockedBase} className="text-base font-medium" /> for{' '}
          <Link to={`/jobs/${job.jobId}`} className="font-medium underline decoration-line-strong underline-offset-3 hover:decoration-accent">
            {modelName(job.specification.graphJson)} <span className="figure">{job.jobId.slice(0, 8)}</span>
          </Link>
        </p>
        <StateBadge state={job.state} />
      </div>
      <p className="mt-1">
        {escrowOutlook(job)} {job.waitingFor !== '' && <span className="text-muted">{job.waitingFor}</span>}
      </p>
      {!isTerminal(job.state) && <EscrowFate lockedBase={BigInt(lockedBase)} className="mt-1 text-xs text-muted" />}
      <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-muted">
        <span>
          locked <Moment at={lockedAt} />
        </span>
        {!isTerminal(job.state) && (
          <span>
            deadline <Moment at={job.deadlineAt} />
          </span>
        )}
      </p>
    </li>
  );
}
