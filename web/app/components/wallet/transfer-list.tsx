import clsx from 'clsx';
import { ArrowDownLeft, ArrowUpRight } from 'lucide-react';
import type { OwnTransferView } from '#api/services/types';
import { accountWords, directionFor, PURPOSE_WORDS } from '../../lib/money-words.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Moment } from '../ui/moment.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { TransferJob } from './transfer-job.tsx';

interface TransferListProps {
  readonly transfers: readonly (Wire<OwnTransferView> & { readonly nodeId?: string })[];
  readonly walletAddress: string | null;
  /** For a list that says which node a transfer was for. */
  readonly nodeNameOf?: (nodeId: string) => string;
}

/** Every token in and out: where from, where to, why. */
export function TransferList({ transfers, walletAddress, nodeNameOf }: TransferListProps) {
  return (
    <ul className="divide-y">
      {transfers.map((transfer) => {
        const direction = directionFor(transfer, walletAddress);
        const { verb, why } = PURPOSE_WORDS[transfer.purpose];
        const Icon = direction === 'in' ? ArrowDownLeft : ArrowUpRight;
        return (
          <li key={`${transfer.signature}-${transfer.purpose}`} className="flex gap-3 px-4 py-3 sm:px-5">
            <span
              className={clsx(
                'mt-0.5 grid size-7 shrink-0 place-items-center rounded-full border border-tint bg-tint text-tint',
                direction === 'in' ? 'tint-verified' : 'tint-queued',
              )}
            >
              <Icon className="size-3.5" aria-hidden="true" />
            </span>
            <div className="min-w-0 flex-1">
              <p>
                <Amount base={transfer.amountBase} className="text-base font-medium" /> {verb} {accountWords(transfer.to, walletAddress)}
              </p>
              <p className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
                <span>{why}</span>
                {nodeNameOf !== undefined && transfer.nodeId !== undefined && <span>{nodeNameOf(transfer.nodeId)}</span>}
                <Moment at={transfer.at} />
                {transfer.jobId !== null && <TransferJob jobId={transfer.jobId} canOpen={transfer.canOpenJob} />}
                <ShortId id={transfer.signature} what="signature" to={`/tx/${transfer.signature}`} />
              </p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
