import { Circle, CircleCheck } from 'lucide-react';
import { LinkButton } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';

export interface ChecklistItem {
  readonly title: string;
  readonly about: string;
  readonly done: boolean;
  readonly to: string;
  readonly action: string;
}

/** The way to a first trained model; only the next open step has a button. */
export function Checklist({ items }: { items: readonly ChecklistItem[] }) {
  const next = items.findIndex(({ done }) => !done);
  const doneCount = items.filter(({ done }) => done).length;
  return (
    <Panel title="First steps" aside={<span className="figure text-xs text-muted">{`${doneCount} of ${items.length}`}</span>} flush>
      <ol className="divide-y">
        {items.map(({ title, about, done, to, action }, index) => (
          <li key={title} className="flex items-start gap-3 px-4 py-3 sm:px-5">
            {done ? (
              <CircleCheck className="mt-0.5 size-4.5 shrink-0 text-verified" role="img" aria-label="Done" />
            ) : (
              <Circle className="mt-0.5 size-4.5 shrink-0 text-faint" role="img" aria-label="Open" />
            )}
            <div className="min-w-0 flex-1">
              <p className={done ? 'text-muted line-through decoration-line-strong' : 'font-medium'}>{title}</p>
              {!done && <p className="text-xs text-muted">{about}</p>}
            </div>
            {index === next && (
              <LinkButton to={to} look="primary" className="shrink-0">
                {action}
              </LinkButton>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
