import { ArrowRight, Download } from 'lucide-react';
import type { JobView, TransferView } from '#api/services/types';
import { isTerminal } from '#core/job/machine';
import { escrowBalance } from '../../lib/escrow-balance.ts';
import { accountWords, PURPOSE_WORDS } from '../../lib/money-words.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { LinkButton } from '../ui/button.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { EscrowFate } from '../wallet/escrow-fate.tsx';

type Transfer = Wire<TransferView>;

interface MoneyTrailProps {
  readonly job: Wire<JobView>;
  readonly transfers: readonly Transfer[];
  readonly walletAddress: string | null;
  readonly className?: string;
}

/** Where is the money? Every transfer with its signature, and what becomes of what is still locked. */
export function MoneyTrail({ job, transfers, walletAddress, className = '' }: MoneyTrailProps) {
  return (
    <Panel title="Money trail" aside={<Amount base={job.amountBase} className="text-sm font-medium" />} flush className={className}>
      {transfers.length === 0 ? (
        <p className="px-4 py-5 text-muted sm:px-5">
          {isTerminal(job.state) ? 'No token moved for this job.' : 'Nothing has moved yet. The first transfer locks the price in the escrow.'}
        </p>
      ) : (
        <ul className="divide-y">
          {transfers.map((transfer) => (
            <TransferRow key={`${transfer.signature}-${transfer.purpose}`} transfer={transfer} walletAddress={walletAddress} />
          ))}
        </ul>
      )}
      <Balance job={job} transfers={transfers} />
      {isTerminal(job.state) && <Receipt jobId={job.jobId} />}
    </Panel>
  );
}

function TransferRow({ transfer, walletAddress }: { transfer: Transfer; walletAddress: string | null }) {
  const { verb, why } = PURPOSE_WORDS[transfer.purpose];
  return (
    <li className="px-4 py-3 sm:px-5">
      <p>
        <Amount base={transfer.amountBase} className="text-base font-medium" /> {verb} {accountWords(transfer.to, walletAddress)}
      </p>
      <p className="mt-0.5 text-xs text-muted">{why}</p>
      <p className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
        <span className="inline-flex items-center gap-1.5">
          {accountWords(transfer.from, walletAddress)}
          <ArrowRight className="size-3" role="img" aria-label="to" />
          {accountWords(transfer.to, walletAddress)}
        </span>
        <Moment at={transfer.at} />
        <ShortId id={transfer.signature} what="signature" to={`/tx/${transfer.signature}`} />
      </p>
    </li>
  );
}

/** A file comes back, so the page stays as it is. */
function Receipt({ jobId }: { jobId: string }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t px-4 py-3 sm:px-5">
      <p className="max-w-prose text-xs text-muted">
        The receipt tells why each token moved, signed and line by line chained to its transactions. Check it with{' '}
        <code className="figure text-ink">cyxwiz receipt verify</code>.
      </p>
      <LinkButton to={`/jobs/${jobId}/receipt`} reloadDocument prefetch="none">
        <Download className="size-4" aria-hidden="true" /> Receipt
      </LinkButton>
    </div>
  );
}

/** What is locked now and both ways it can go; for an ended job, that nothing is left over. */
function Balance({ job, transfers }: { job: Wire<JobView>; transfers: readonly Transfer[] }) {
  const lockedBase = escrowBalance(transfers);
  if (lockedBase === 0n) {
    if (transfers.length === 0 || !isTerminal(job.state)) return null;
    return <p className="rounded-b-lg border-t bg-sunken/50 px-4 py-3 text-xs text-muted sm:px-5">The escrow is empty: every token of this job is accounted for.</p>;
  }
  return (
    <div className="rounded-b-lg border-t bg-sunken/50 px-4 py-3 text-xs text-muted sm:px-5">
      <p>
        <Amount base={lockedBase.toString()} inline className="font-medium text-ink" /> in the escrow now.
      </p>
      <EscrowFate lockedBase={lockedBase} className="mt-1" />
    </div>
  );
}
