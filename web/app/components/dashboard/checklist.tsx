import { Circle, CircleCheck } from 'lucide-react';
import { LinkButton } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';

export interface ChecklistItem {
  readonly title: string;
  readonly about: string;
  readonly done: boolean;
  readonly to: string;
  readonly action: string;
  /** Another way to the same end. */
  readonly other?: { readonly to: string; readonly action: string };
}

/** The way to a first trained model or earning machine; only the next open step has buttons. */
export function Checklist({ items }: { items: readonly ChecklistItem[] }) {
  const next = items.findIndex(({ done }) => !done);
  const doneCount = items.filter(({ done }) => done).length;
  return (
    <Panel title="First steps" aside={<span className="figure text-xs text-muted">{`${doneCount} of ${items.length}`}</span>} flush>
      <ol className="divide-y">
        {items.map(({ title, about, done, to, action, other }, index) => (
          <li key={title} className="flex flex-wrap items-start gap-3 px-4 py-3 sm:flex-nowrap sm:px-5">
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
              <div className="flex w-full shrink-0 flex-wrap gap-2 pl-7.5 sm:w-auto sm:pl-0">
                {other !== undefined && <LinkButton to={other.to}>{other.action}</LinkButton>}
                <LinkButton to={to} look="primary">
                  {action}
                </LinkButton>
              </div>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
