import clsx from 'clsx';
import { useId, type ReactNode } from 'react';

interface PanelProps {
  readonly title: string;
  /** Beside the title: a count, a live mark, a link. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  /** Lists and charts reach the edges. */
  readonly flush?: boolean;
}

/** A titled section of a page, announced by its title. */
export function Panel({ title, aside, children, className, flush = false }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={clsx('min-w-0 rounded-lg border bg-panel', className)}>
      <div className="flex min-h-12 items-center justify-between gap-3 border-b px-4 py-2 sm:px-5">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {aside}
      </div>
      <div className={clsx(!flush && 'p-4 sm:p-5')}>{children}</div>
    </section>
  );
}
