import { lazy, Suspense, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CancelForm, Consequences, type CancelProps } from './cancel-form.tsx';

const loadModal = () => import('./cancel-modal.tsx');
const CancelModal = lazy(loadModal);

/** Stops a job. Says first what moves and what is lost; without JavaScript a <details> asks the same. */
export function CancelDialog(props: CancelProps) {
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  return (
    <>
      <Button type="button" look="danger" className="js-only" ref={opener} aria-haspopup="dialog" onClick={() => setOpen(true)} onPointerEnter={() => void loadModal()}>
        Cancel the job
      </Button>
      {open && (
        <Suspense fallback={null}>
          <CancelModal {...props} opener={opener} onClose={() => setOpen(false)} />
        </Suspense>
      )}
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
