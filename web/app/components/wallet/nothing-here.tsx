import { Link } from '@remix-run/react';
import type { ReactNode } from 'react';

interface NothingHereProps {
  readonly children: ReactNode;
  /** What to do next. */
  readonly to: string;
  readonly action: string;
}

/** An empty panel among others: one sentence, and the way on. */
export function NothingHere({ children, to, action }: NothingHereProps) {
  return (
    <p className="px-4 py-4 text-muted sm:px-5">
      {children}{' '}
      <Link to={to} className="font-medium text-accent underline underline-offset-3">
        {action}
      </Link>
    </p>
  );
}
