import { Database } from 'lucide-react';
import { LinkButton } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { CopyButton } from '../ui/short-id.tsx';

const COMMAND = 'cyxwiz data put digits --name "Handwritten digits"';

/** A job needs data first; it is encrypted where it is, in the browser or by a terminal. */
export function NoDataset() {
  return (
    <Page title="New job" narrow>
      <div className="rounded-lg border bg-panel">
        <EmptyState
          icon={Database}
          title="First, some data to learn from"
          action={
            <LinkButton to="/data" look="primary">
              Store a dataset
            </LinkButton>
          }
        >
          <p>
            Datasets are encrypted on your own machine before they are stored, so that nobody else can read them. Store one from this browser, or with the
            command line:
          </p>
          <p className="figure mt-3 flex items-center justify-between gap-2 rounded-md border bg-sunken px-3 py-2 text-xs text-ink">
            <span className="break-all">{COMMAND}</span>
            <CopyButton text={COMMAND} what="command" />
          </p>
        </EmptyState>
      </div>
    </Page>
  );
}
