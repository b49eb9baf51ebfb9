import clsx from 'clsx';
import type { ReactNode } from 'react';

/** Names and values, as a description list. */
export function Facts({ children, className }: { children: ReactNode; className?: string }) {
  return <dl className={clsx('divide-y', className)}>{children}</dl>;
}

export function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4 py-2 first:pt-0 last:pb-0">
      <dt className="shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 text-right break-words">{children}</dd>
    </div>
  );
}
