import { Database } from 'lucide-react';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { CopyButton } from '../ui/short-id.tsx';

const COMMAND = 'cyxwiz data put digits --name "Handwritten digits"';

/** A job needs data first; it is encrypted where it is, so a terminal or the SDK puts it. */
export function NoDataset() {
  return (
    <Page title="New job" narrow>
      <div className="rounded-lg border bg-panel">
        <EmptyState icon={Database} title="First, some data to learn from">
          <p>
            Datasets are encrypted on your own machine before they are stored, so that nobody else can read them. Put one with the command line, then come
            back here:
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
