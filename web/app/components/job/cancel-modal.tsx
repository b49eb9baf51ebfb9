import * as Dialog from '@radix-ui/react-dialog';
import type { RefObject } from 'react';
import { Button } from '../ui/button.tsx';
import { CancelForm, Consequences, type CancelProps } from './cancel-form.tsx';

interface CancelModalProps extends CancelProps {
  readonly onClose: () => void;
  /** Gets the focus back. */
  readonly opener: RefObject<HTMLButtonElement>;
}

/** Loaded when it is asked for: few jobs are cancelled, and every visitor of a job would pay for it. */
export default function CancelModal({ onClose, opener, ...job }: CancelModalProps) {
  const giveBackFocus = (event: Event): void => {
    event.preventDefault();
    opener.current?.focus();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          onCloseAutoFocus={giveBackFocus}
          className="fixed inset-x-4 top-1/2 z-50 mx-auto max-w-md -translate-y-1/2 rounded-lg border bg-raised p-5 shadow-float outline-none sm:p-6"
        >
          <Dialog.Title className="text-lg font-semibold tracking-tight">Cancel this job?</Dialog.Title>
          <Dialog.Description asChild>
            <div className="mt-2">
              <Consequences {...job} />
            </div>
          </Dialog.Description>
          <CancelForm jobId={job.jobId}>
            <Dialog.Close asChild>
              <Button type="button" look="plain">
                Let it run
              </Button>
            </Dialog.Close>
          </CancelForm>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
