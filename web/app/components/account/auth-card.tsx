import type { ReactNode } from 'react';

/** The card of a page that opens an account, for pages that people who are logged in may see too. */
export function AuthCard({ children }: { children: ReactNode }) {
  return (
    <div className="relative isolate grid min-h-[calc(100dvh-3.5rem)] place-items-start px-4 pt-10 pb-16 sm:place-items-center sm:pt-4">
      <div className="graticule absolute inset-0 -z-10 opacity-60" aria-hidden="true" />
      <div className="w-full max-w-sm rounded-lg border bg-panel p-6 sm:p-8">{children}</div>
    </div>
  );
}
