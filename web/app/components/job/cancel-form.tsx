import { useFetcher } from '@remix-run/react';
import type { ReactNode } from 'react';
import type { FormProblem } from '../../lib/errors.server.ts';
import { Amount } from '../ui/amount.tsx';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

export interface CancelProps {
  readonly jobId: string;
  readonly amountBase: string;
  readonly isLocked: boolean;
}

/** What moves, and what is lost. */
export function Consequences({ amountBase, isLocked }: CancelProps) {
  return (
    <ul className="list-disc space-y-1 pl-4 text-muted marker:text-faint">
      <li>
        {isLocked ? (
          <>
            <Amount base={amountBase} inline className="font-medium text-ink" /> go from the escrow back to your wallet: all of it.
          </>
        ) : (
          'Nothing is locked yet, so nothing has to be refunded.'
        )}
      </li>
      <li>The node stops. What it trained so far stays sealed; you do not get it.</li>
      <li>This can not be undone, but you can submit the same job again.</li>
    </ul>
  );
}

export function CancelForm({ jobId, children }: { jobId: string; children?: ReactNode }) {
  const fetcher = useFetcher<{ problem?: FormProblem }>();
  const busy = fetcher.state !== 'idle';
  return (
    <fetcher.Form method="post" action={`/jobs/${jobId}`} className="mt-5">
      {fetcher.data?.problem !== undefined && (
        <Notice kind="problem" className="mb-4">
          {fetcher.data.problem.message}
        </Notice>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        {children}
        <Button look="danger" name="intent" value="cancel" disabled={busy}>
          {busy ? 'Cancelling…' : 'Cancel and refund'}
        </Button>
      </div>
    </fetcher.Form>
  );
}
