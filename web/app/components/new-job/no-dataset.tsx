import { Database } from 'lucide-react';
import { LinkButton } from '../ui/button.tsx';
import { Command } from '../ui/command.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';

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
          <div className="mt-3">
            <Command text={COMMAND} />
          </div>
        </EmptyState>
      </div>
    </Page>
  );
}
