import { isRouteErrorResponse, useRouteError } from '@remix-run/react';
import { CircleAlert, Compass } from 'lucide-react';
import type { PageProblem } from '../lib/errors.server.ts';
import { LinkButton } from './ui/button.tsx';

/** What happened and what to do, for typed errors and for those that nobody foresaw. */
export function ErrorPage() {
  const error = useRouteError();
  const status = isRouteErrorResponse(error) ? error.status : 500;
  const problem = isRouteErrorResponse(error) ? readProblem(error.data) : null;
  const Icon = status === 404 ? Compass : CircleAlert;
  return (
    <div className="mx-auto grid min-h-[70dvh] max-w-xl place-items-center px-6 py-16">
      <div className="w-full">
        <Icon className="size-8 text-accent" aria-hidden="true" />
        <p className="figure mt-6 text-sm text-muted">{status}</p>
        <h1 className="mt-1 text-2xl font-semibold tracking-tight">{problem?.title ?? 'Something broke on our side'}</h1>
        <p className="mt-3 text-base text-muted">
          {problem?.message ?? 'Nothing you entered was lost on the chain. Load the page again; if it stays broken, tell us the time and what you did.'}
        </p>
        <div className="mt-8 flex gap-3">
          <LinkButton to="/dashboard" look="primary">
            To the dashboard
          </LinkButton>
          <LinkButton to="/jobs" look="plain">
            Your jobs
          </LinkButton>
        </div>
      </div>
    </div>
  );
}

function readProblem(data: unknown): PageProblem | null {
  if (typeof data !== 'object' || data === null || !('message' in data) || !('title' in data)) return null;
  return data as PageProblem;
}
