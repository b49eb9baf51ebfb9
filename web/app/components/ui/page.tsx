import clsx from 'clsx';
import type { ReactNode } from 'react';

interface PageProps {
  readonly title: ReactNode;
  readonly intro?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly narrow?: boolean;
}

export function Page({ title, intro, actions, children, narrow = false }: PageProps) {
  return (
    <div className={clsx('mx-auto px-4 py-6 sm:px-6 sm:py-8', narrow ? 'max-w-4xl' : 'max-w-6xl')}>
      <div className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-4">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {intro !== undefined && <div className="mt-1.5 max-w-2xl text-muted">{intro}</div>}
        </div>
        {actions !== undefined && <div className="flex items-center gap-2">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
