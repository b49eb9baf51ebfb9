import * as Dialog from '@radix-ui/react-dialog';
import { useFetcher } from '@remix-run/react';
import { useState, type ReactNode } from 'react';
import type { FormProblem } from '../../lib/errors.server.ts';
import { Amount } from '../ui/amount.tsx';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

interface CancelDialogProps {
  readonly jobId: string;
  readonly amountBase: string;
  readonly isLocked: boolean;
}

/** Stops a job. Says first what moves and what is lost; without JavaScript a <details> asks the same. */
export function CancelDialog(props: CancelDialogProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Trigger asChild>
          <Button type="button" look="danger" className="js-only">
            Cancel the job
          </Button>
        </Dialog.Trigger>
        <Dialog.Portal>
          <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
          <Dialog.Content className="fixed inset-x-4 top-1/2 z-50 mx-auto max-w-md -translate-y-1/2 rounded-lg border bg-raised p-5 shadow-float outline-none sm:p-6">
            <Dialog.Title className="text-lg font-semibold tracking-tight">Cancel this job?</Dialog.Title>
            <Dialog.Description asChild>
              <div className="mt-2">
                <Consequences {...props} />
              </div>
            </Dialog.Description>
            <CancelForm jobId={props.jobId}>
              <Dialog.Close asChild>
                <Button type="button" look="plain">
                  Let it run
                </Button>
              </Dialog.Close>
            </CancelForm>
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
      <noscript>
        <details className="rounded-lg border p-3">
          <summary className="font-medium">Cancel the job</summary>
          <div className="mt-2">
            <Consequences {...props} />
          </div>
          <CancelForm jobId={props.jobId} />
        </details>
      </noscript>
    </>
  );
}

function Consequences({ amountBase, isLocked }: CancelDialogProps) {
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

function CancelForm({ jobId, children }: { jobId: string; children?: ReactNode }) {
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
