import { Download } from 'lucide-react';
import { LinkButton } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';

/** Take everything along, or leave. */
export function DataPanel() {
  return (
    <Panel title="Your data">
      <p className="text-muted">One file with everything that is stored about you: profile, machines, datasets, jobs, transfers and receipts. No keys and no passwords are in it.</p>
      <div className="mt-4 flex flex-wrap gap-3">
        <LinkButton to="/settings/export" reloadDocument prefetch="none">
          <Download className="size-4" aria-hidden="true" /> Export my data
        </LinkButton>
        <LinkButton to="/settings/delete" look="danger">
          Delete my account…
        </LinkButton>
      </div>
    </Panel>
  );
}
